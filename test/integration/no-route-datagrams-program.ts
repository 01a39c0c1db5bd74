/**
 * Sends datagrams to a network that cannot be reached, and one that can, in one turn. Prints what
 * became of them. It is told where to send, and whether to do without libc.
 */
import { loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { openDatagrams } from "../bun/live-datagrams.ts";
import { RecordingDatagrams } from "../bun/recording-datagrams.ts";

const [host = "", libc] = process.argv.slice(2);
if (libc === "without-libc") replaceLibc(loadLibc(["no-such-library.so"]));

await using receiver = await openDatagrams();
await using sender = await openDatagrams(new RecordingDatagrams(), { host: "0.0.0.0" });
const { socket } = sender.protocol;
socket.write("to nowhere", { host, port: 9 });
socket.write("here", receiver.port.host);
socket.write("to nowhere", { host, port: 9 });
await receiver.protocol.receive();
await sender.protocol.until(() => sender.protocol.errors.length === 2);
const { sent, failed } = sender.port.stats;
const codes = sender.protocol.errors.map((error) => (error as { code?: unknown }).code);
process.stdout.write(JSON.stringify({ received: receiver.protocol.texts, sent, failed, codes }));

/**
 * Writes many datagrams at once over a line that takes few, and prints what became of them. It is
 * told what to do when the kernel's buffer is full, and whether to do without libc.
 */
import { loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { openDatagrams } from "../bun/live-datagrams.ts";
import { RecordingDatagrams } from "../bun/recording-datagrams.ts";

/** More than the kernel's send buffer holds, and no more than its receive buffer. */
const DATAGRAMS = 150;

const [whenFull, libc] = process.argv.slice(2);
if (libc === "without-libc") replaceLibc(loadLibc(["no-such-library.so"]));

await using receiver = await openDatagrams(new RecordingDatagrams(), { receiveBudgetMs: 60_000 });
await using sender = await openDatagrams(new RecordingDatagrams(), {
  whenFull: whenFull === "queue" ? "queue" : "drop",
});
const { socket } = sender.protocol;
const { host } = receiver.port;
let refused = 0;
const data = Buffer.alloc(1_000);
for (let index = 0; index < DATAGRAMS; index++) {
  data.writeUInt32BE(index);
  if (!socket.write(Buffer.from(data), host)) refused++;
}
await sender.protocol.until(() => sender.protocol.events.includes("resumeWriting"));
socket.write("the last", host);
await receiver.protocol.until(() => receiver.protocol.texts.at(-1) === "the last");
const { sent, dropped, failed } = sender.port.stats;
const numbers = receiver.protocol.received.slice(0, -1).map((each) => each.data.readUInt32BE());
process.stdout.write(
  JSON.stringify({
    refused: refused > 0,
    lost: dropped > 0,
    balanced: sent + dropped === DATAGRAMS + 1,
    failed,
    arrived: numbers.length === sent - 1,
    inOrder: numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
    events: sender.protocol.events,
    errors: sender.protocol.errors.map(String),
  }),
);

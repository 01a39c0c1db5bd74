/**
 * Asks echoes over UDP and TCP at a link-local address, and prints what both ends call each other.
 * It is told the host to ask, and whether to do without libc.
 */
import { loadLibc, replaceLibc } from "../../src/native/libc.ts";
import type { Address, InternetAddress } from "../../src/reactor/address.ts";
import { openDatagrams } from "../bun/live-datagrams.ts";
import { LiveServer } from "../bun/live-server.ts";
import { RecordingDatagrams } from "../bun/recording-datagrams.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const [host = "", libc] = process.argv.slice(2);
if (libc === "without-libc") replaceLibc(loadLibc(["no-such-library.so"]));

async function askByUDP() {
  const echo = new RecordingDatagrams((p, data, from) => p.socket.write(data, from));
  await using server = await openDatagrams(echo, { host: "::" });
  await using client = await openDatagrams(new RecordingDatagrams(), { host: "::" });
  client.protocol.socket.connect({ host, port: server.port.host.port });
  client.protocol.socket.write("hello");
  const { from } = await client.protocol.receive();
  const { foreign } = client.port.stats;
  return { server: hostOf(from), client: hostOf(echo.received[0]?.from), foreign };
}

async function askByTCP() {
  await using server = await LiveServer.listen({}, { host: "::" });
  const { port } = server.port.host as InternetAddress;
  const factory = new RecordingFactory();
  const made = (await server.reactor.connectTCP({ host, port }, factory)).connection;
  const accepted = (await server.factory.next()).connection;
  made.abortConnection();
  return {
    server: [hostOf(made.getPeer()), hostOf(accepted.getHost())],
    client: [hostOf(made.getHost()), hostOf(accepted.getPeer())],
  };
}

function hostOf(end: Address | undefined): string {
  return end === undefined || end.kind === "unix" ? "none" : end.host;
}

process.stdout.write(JSON.stringify({ udp: await askByUDP(), tcp: await askByTCP() }));

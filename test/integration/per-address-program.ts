/**
 * Serves UDP at every local address and asks each of them from a peer at another one, at once and
 * again later. Prints which address was asked and which one answered.
 */
import { openDatagrams } from "../bun/live-datagrams.ts";
import { loopTurns } from "../bun/loop-turns.ts";
import { RecordingDatagrams } from "../bun/recording-datagrams.ts";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";

const echo = new RecordingDatagrams((p, data, from) => p.socket.write(data, from));
await using live = await openDatagrams(echo, { host: "0.0.0.0", perAddress: true });
const answers: { asked: string; answered: string; later: string }[] = [];
for (const { host } of live.port.hosts) {
  for (const from of live.port.hosts) {
    using peer = await RawDatagramPeer.open(from.host);
    peer.send("who are you?", live.port.host.port, host);
    const now = await peer.receive();
    await loopTurns();
    live.protocol.socket.write("later", live.protocol.received.at(-1)?.from);
    answers.push({ asked: host, answered: now.host, later: (await peer.receive()).host });
  }
}
process.stdout.write(JSON.stringify(answers));

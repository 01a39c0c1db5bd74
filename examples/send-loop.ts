/**
 * Sends 4 MiB twice: with the loop that a bare socket needs, written out by hand, and with the one
 * line that stands for it here.
 *
 *   bun examples/tcp-printer.ts | wc -c
 *   bun examples/send-loop.ts [PORT]
 */
import { BunReactor, Factory, Protocol } from "pretzel";

const data = Buffer.alloc(4 * 1024 * 1024, "pretzel\n");

/** A bare socket takes what fits and says how much that was. Called again when more fits. */
function sendLoop(socket: Bun.Socket<{ sent: number }>): void {
  while (socket.data.sent < data.length) {
    const taken = socket.write(data, socket.data.sent, data.length - socket.data.sent);
    if (taken <= 0) return;
    socket.data.sent += taken;
  }
  socket.shutdown();
}

/** A transport sends what fits, keeps the rest, and closes once all has left. */
class SendAll extends Protocol {
  override connectionMade(): void {
    this.transport.write(data);
    this.transport.loseConnection();
  }
}

const port = Number(process.argv[2] ?? 7009);
await Bun.connect({
  hostname: "127.0.0.1",
  port,
  allowHalfOpen: true,
  data: { sent: 0 },
  socket: { open: sendLoop, drain: sendLoop },
});
await new BunReactor().connectTCP({ host: "127.0.0.1", port }, Factory.forProtocol(SendAll));

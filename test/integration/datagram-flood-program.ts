/** Sends datagrams to a UDP port of 127.0.0.1 as fast as it can, until it is ended. */
const port = Number(process.argv[2]);
const socket = await Bun.udpSocket({
  socket: {
    error() {
      // The port may refuse while nobody listens: a flood does not care.
    },
  },
});
const batch = Array.from({ length: 64 }, () => [Buffer.alloc(64, "flood"), port, "127.0.0.1"]);
const packets = batch.flat();
for (;;) {
  socket.sendMany(packets as never);
}

/** Accepts, sends what it was told, which may be nothing, and resets at once. */
const [banner = ""] = process.argv.slice(2);
const listener = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      if (banner !== "") socket.write(banner);
      socket.terminate();
    },
    data() {},
  },
});
process.stdout.write(`${listener.port}\n`);

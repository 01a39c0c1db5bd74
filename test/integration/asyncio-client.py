"""Talks to an echo server with asyncio: in clear with a half-close, over TLS, or after STARTTLS."""
import asyncio
import ssl
import sys

mode, port, authority = sys.argv[1], int(sys.argv[2]), sys.argv[3]
MESSAGE = bytes(range(256)) * 4096


async def main():
    context = ssl.create_default_context(cafile=authority)
    if mode == "tls":
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost"
        )
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    if mode == "starttls":
        writer.write(b"STARTTLS")
        assert await reader.readexactly(8) == b"go ahead"
        await writer.start_tls(context, server_hostname="localhost")

    async def send():
        writer.write(MESSAGE)
        await writer.drain()
        if mode == "half-close":
            writer.write_eof()

    sending = asyncio.create_task(send())
    answer = await (reader.read() if mode == "half-close" else reader.readexactly(len(MESSAGE)))
    await sending
    writer.close()
    await writer.wait_closed()
    print("same" if answer == MESSAGE else f"{len(answer)} bytes")


asyncio.run(main())

/**
 * Echoes as they are written by hand on Bun's sockets. Both survive what a correct one has to: a
 * full kernel costs datagrams, and an error that is about an earlier datagram costs none.
 */
import { GatheredAnswers } from "./gathered-answers.ts";

type Received = (socket: BareSocket, data: Buffer, port: number, host: string) => void;

/** The part of Bun's UDP socket that an echo needs. */
export interface BareSocket {
  readonly port: number;
  send(data: Uint8Array, port: number, host: string): boolean;
  sendMany(packets: readonly (Uint8Array | number | string)[]): number;
}

/** Opens an echo with one `send` for each answer; returns its port. */
export function openSendingEcho(): Promise<number> {
  return open((socket, data, port, host) => {
    try {
      socket.send(data, port, host);
    } catch {
      // An ICMP error about somebody else's datagram is reported to the next send: once more.
      socket.send(data, port, host);
    }
  });
}

/** Opens an echo that gathers the answers of one turn of the loop; returns its port. */
export function openGatheringEcho(): Promise<number> {
  const answers = new GatheredAnswers();
  return open((socket, data, port, host) => answers.add(socket, data, port, host));
}

async function open(data: Received): Promise<number> {
  const socket = (await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data,
      error() {
        // ICMP errors; without this handler they would end the process.
      },
    },
  } as never)) as unknown as BareSocket;
  return socket.port;
}

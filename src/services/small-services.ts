/**
 * The table of the small services: what each is called, where it listens, what serves it, and what
 * somebody new to it can type to see it work.
 */
import { Chargen, ChargenDatagrams } from "../protocols/chargen.ts";
import { Daytime, DaytimeDatagrams } from "../protocols/daytime.ts";
import { Discard, DiscardDatagrams } from "../protocols/discard.ts";
import type { AnswerRule } from "../protocols/echo-loops.ts";
import { Echo, EchoDatagrams } from "../protocols/echo.ts";
import { Time, TimeDatagrams } from "../protocols/time.ts";
import type { DatagramProtocol } from "../reactor/datagram-protocol.ts";
import type { Protocol } from "../reactor/protocol.ts";

/** The two transports that each service is on. */
export type ServiceTransport = "tcp" | "udp";

/** One service of the table. */
export interface SmallService {
  readonly name: string;
  /** The number of the RFC that defines it. */
  readonly rfc: number;
  /** Its well-known port, on TCP and UDP alike. */
  readonly port: number;
  /** Makes the protocol of one connection. */
  readonly stream: () => Protocol;
  /** Makes the protocol of one UDP port, which answers those whom the rule allows. */
  readonly datagrams: (mayAnswer: AnswerRule) => DatagramProtocol;
  /** Whether it may answer a datagram with a longer one, which can be misused to flood others. */
  readonly amplifies: boolean;
  /** A shell command that shows it at work at `host`, on `port`. */
  readonly trial: Readonly<Record<ServiceTransport, (host: string, port: number) => string>>;
}

/** Prints a big-endian number of 4 bytes. */
const PRINT_NUMBER = "od -An -tu4 --endian=big";

/** All services, by ascending port. */
export const SMALL_SERVICES: readonly SmallService[] = [
  {
    name: "echo",
    rfc: 862,
    port: 7,
    stream: () => new Echo(),
    datagrams: (mayAnswer) => new EchoDatagrams(mayAnswer),
    amplifies: false,
    trial: {
      tcp: (host, port) => `echo hello | nc -N ${host} ${port}`,
      udp: (host, port) => `echo hello | nc -u -W1 ${host} ${port}`,
    },
  },
  {
    name: "discard",
    rfc: 863,
    port: 9,
    stream: () => new Discard(),
    datagrams: () => new DiscardDatagrams(),
    amplifies: false,
    trial: {
      tcp: (host, port) => `echo hello | nc -N ${host} ${port}`,
      udp: (host, port) => `echo hello | nc -u -w1 ${host} ${port}`,
    },
  },
  {
    name: "daytime",
    rfc: 867,
    port: 13,
    stream: () => new Daytime(),
    datagrams: (mayAnswer) => new DaytimeDatagrams(Date.now, mayAnswer),
    amplifies: true,
    trial: {
      tcp: (host, port) => `nc -d ${host} ${port}`,
      udp: (host, port) => `echo | nc -u -W1 ${host} ${port}`,
    },
  },
  {
    name: "chargen",
    rfc: 864,
    port: 19,
    stream: () => new Chargen(),
    datagrams: (mayAnswer) => new ChargenDatagrams(mayAnswer),
    amplifies: false,
    trial: {
      tcp: (host, port) => `nc -d ${host} ${port} | head`,
      udp: (host, port) => `head -c 74 /dev/zero | nc -u -W1 ${host} ${port}`,
    },
  },
  {
    name: "time",
    rfc: 868,
    port: 37,
    stream: () => new Time(),
    datagrams: (mayAnswer) => new TimeDatagrams(Date.now, mayAnswer),
    amplifies: true,
    trial: {
      tcp: (host, port) => `nc -d ${host} ${port} | ${PRINT_NUMBER}`,
      udp: (host, port) => `echo | nc -u -W1 ${host} ${port} | ${PRINT_NUMBER}`,
    },
  },
];

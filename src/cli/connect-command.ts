import type { Command } from "commander";
import { BunReactor } from "../bun/bun-reactor.ts";
import { InternetAddress } from "../reactor/address.ts";
import { Factory } from "../reactor/factory.ts";
import { lookUpHost } from "../services/look-up-host.ts";
import type { CommandContext } from "./command-context.ts";
import { DatagramPipe } from "./datagram-pipe.ts";
import { argument, seconds } from "./option-values.ts";
import { StreamPipe } from "./stream-pipe.ts";
import { parseTarget, type Target } from "./target.ts";

const DEFAULT_TIMEOUT_SECONDS = 30;
const DEFAULT_WAIT_SECONDS = 1;

interface ConnectCommandOptions {
  readonly timeout: number;
  readonly wait: number;
}

/** Adds `pretzel connect`, which joins standard input and output to a peer. */
export function addConnectCommand(program: Command, context: CommandContext): void {
  program
    .command("connect")
    .version(context.version)
    .summary("send standard input to a peer, and print what it sends")
    .description(
      "Sends standard input to the peer, and prints what the peer sends. Over tcp: and unix: the " +
        "end of the input is passed on, and the peer printed until it ends, too; when the peer " +
        "ends first, input that comes without a pause is still sent. Over udp: each line of " +
        "input, with its line end, is one datagram.",
    )
    .argument(
      "<target>",
      "tcp:HOST:PORT, udp:HOST:PORT or unix:PATH; IPv6 addresses in brackets, an abstract UNIX " +
        "name after @",
      argument(parseTarget),
    )
    .addOption(seconds("--timeout", "how long to try to connect", DEFAULT_TIMEOUT_SECONDS))
    .addOption(
      seconds(
        "--wait",
        "over udp: how long answers may come after the input",
        DEFAULT_WAIT_SECONDS,
      ),
    )
    .action(async (target: Target, { timeout, wait }: ConnectCommandOptions) => {
      if (target.kind === "udp") await pipeDatagrams(target, wait, context);
      else await pipeStream(target, timeout, context);
    });
}

async function pipeStream(
  target: Exclude<Target, { kind: "udp" }>,
  timeoutMs: number,
  { input, output }: CommandContext,
): Promise<void> {
  const reactor = new BunReactor();
  const factory = new Factory(() => new StreamPipe(input, output, reactor));
  const pipe =
    target.kind === "unix"
      ? await reactor.connectUNIX({ path: target.path, timeoutMs }, factory)
      : await reactor.connectTCP({ host: target.host, port: target.port, timeoutMs }, factory);
  await pipe.finished;
}

async function pipeDatagrams(
  { host, port }: { readonly host: string; readonly port: number },
  waitMs: number,
  { input, output }: CommandContext,
): Promise<void> {
  const reactor = new BunReactor();
  const peer = new InternetAddress("udp", await lookUpHost(host, `udp ${host}:${port}`), port);
  const pipe = new DatagramPipe(peer, input, output, reactor, waitMs);
  const anyHost = peer.family === "IPv6" ? "::" : "0.0.0.0";
  await using _port = await reactor.listenUDP({ host: anyHost, whenFull: "queue" }, pipe);
  await pipe.run();
}

import { Argument, type Command } from "commander";
import { BunReactor } from "../bun/bun-reactor.ts";
import { queryDatagram } from "../services/datagram-query.ts";
import { checkEcho, readDaytime, readTime } from "../services/service-answers.ts";
import type { ServiceAnswer } from "../services/service-query.ts";
import { SMALL_SERVICES } from "../services/small-services.ts";
import { queryStream } from "../services/stream-query.ts";
import type { CommandContext } from "./command-context.ts";
import { argument, seconds } from "./option-values.ts";
import { parseHostAndPort } from "./target.ts";

/** How long a service gets to answer unless told: longer than any that is alive needs. */
const DEFAULT_TIMEOUT_SECONDS = 5;

/** Every byte there is, so that a path that changes some of them is found out. */
const ECHO_PROBE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const NOTHING = new Uint8Array(0);

/** How each service is asked, and what is printed of its answer. */
const QUERIES = {
  time: { request: NOTHING, print: timeText },
  daytime: { request: NOTHING, print: (answer: ServiceAnswer) => `${readDaytime(answer)}\n` },
  echo: { request: ECHO_PROBE, print: echoText },
} as const;

type QueryName = keyof typeof QUERIES;

interface QueryOptions {
  readonly udp?: boolean;
  readonly timeout: number;
}

/** Adds `pretzel query`, which asks one service once and prints what it answers. */
export function addQueryCommand(program: Command, { output, version }: CommandContext): void {
  program
    .command("query")
    .version(version)
    .summary("ask a time, daytime or echo service")
    .description(
      "Asks a service once, checks that its answer is of the right form, and prints it. The port " +
        "is the well-known one unless told: time 37, daytime 13, echo 7.",
    )
    .addArgument(new Argument("<service>", "what to ask").choices(Object.keys(QUERIES)))
    .argument("<host[:port]>", "whom to ask, such as 127.0.0.1:10037", argument(parseHostAndPort))
    .option("--udp", "ask over UDP instead of TCP")
    .addOption(seconds("--timeout", "how long to wait for the answer", DEFAULT_TIMEOUT_SECONDS))
    .action(
      async (
        name: QueryName,
        where: ReturnType<typeof parseHostAndPort>,
        options: QueryOptions,
      ) => {
        const { request, print } = QUERIES[name];
        const query = {
          host: where.host,
          port: where.port ?? wellKnownPort(name),
          request,
          ...(request.length > 0 ? { answerBytes: request.length } : {}),
          timeoutMs: options.timeout,
        };
        const ask = options.udp === true ? queryDatagram : queryStream;
        output.write(print(await ask(new BunReactor(), query)));
      },
    );
}

function wellKnownPort(name: QueryName): number {
  const service = SMALL_SERVICES.find((each) => each.name === name);
  if (service === undefined) throw new Error(`There is no service ${name}`);
  return service.port;
}

function timeText(answer: ServiceAnswer): string {
  const { unixMs, offsetMs, uncertaintyMs } = readTime(answer);
  const time = new Date(unixMs).toISOString().replace(".000Z", "Z");
  const sign = offsetMs < 0 ? "-" : "+";
  const offset = `${sign}${inSeconds(Math.abs(offsetMs))} ± ${inSeconds(uncertaintyMs)} s`;
  return `${time}\noffset ${offset} against this machine, from ${answer.peer}\n`;
}

function echoText(answer: ServiceAnswer): string {
  checkEcho(answer, ECHO_PROBE);
  const { bytes, durationMs, peer } = answer;
  return `${bytes.length} bytes came back unchanged in ${durationMs.toFixed(3)} ms from ${peer}\n`;
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

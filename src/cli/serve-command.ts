import { type Command, InvalidArgumentError, Option } from "commander";
import { BunReactor } from "../bun/bun-reactor.ts";
import type { InternetAddress } from "../reactor/address.ts";
import { formatConnectionReport } from "../services/connection-report.ts";
import { type ServiceListener, ServiceSet } from "../services/service-set.ts";
import { SMALL_SERVICES, type SmallService } from "../services/small-services.ts";
import type { CommandContext } from "./command-context.ts";
import { LineLog } from "./line-log.ts";
import { eachHost, wholeNumber } from "./option-values.ts";
import { textTable } from "./text-table.ts";

/** Both loopback addresses, so that nothing is exposed by accident. */
const DEFAULT_HOSTS = ["127.0.0.1", "::1"];

/** A machine without IPv6 is served on the other address alone. */
const OPTIONAL_HOST = "::1";

/** Far from the ports below 1024, which only root may have. */
const DEFAULT_PORT_BASE = 10_000;

const MAX_PORT_BASE = 65_535 - Math.max(...SMALL_SERVICES.map(({ port }) => port));

interface ServeOptions {
  readonly host?: readonly string[];
  readonly portBase: number;
  readonly services: readonly SmallService[];
  readonly quiet?: boolean;
}

/** Adds `pretzel serve`, which runs the small services until it is stopped. */
export function addServeCommand(program: Command, context: CommandContext): void {
  program
    .command("serve")
    .version(context.version)
    .summary("serve echo, discard, daytime, chargen and time")
    .description(
      "Serves the small services over TCP and UDP until SIGINT or SIGTERM, and prints one line " +
        "for each connection that has ended.",
    )
    .option(
      "--host <address>",
      "an IP address to serve on, repeatable (default: 127.0.0.1 and ::1)",
      eachHost,
    )
    .option(
      "--port-base <number>",
      "added to each service's well-known port; 0 serves on the well-known ports",
      wholeNumber(0, MAX_PORT_BASE),
      DEFAULT_PORT_BASE,
    )
    .addOption(
      new Option("--services <names>", "which ones, separated by commas")
        .argParser(parseServices)
        .default(SMALL_SERVICES, "all"),
    )
    .option("--quiet", "print errors only")
    .action((options: ServeOptions) => serve(options, context));
}

async function serve(options: ServeOptions, { output, version }: CommandContext): Promise<void> {
  const { host: hosts = DEFAULT_HOSTS, portBase, services, quiet = false } = options;
  const reactor = new BunReactor();
  const log = new LineLog(output);
  const set = new ServiceSet(reactor, {
    ...{ services, hosts, portBase },
    optionalHosts: options.host === undefined ? [OPTIONAL_HOST] : [],
    connectionEnded: (report) => {
      if (!quiet) log.write(formatConnectionReport(report));
    },
  });
  await set.start();
  reactor.addSystemEventTrigger("before", "shutdown", () => set.stop());
  reactor.callWhenRunning(() => {
    if (!quiet) output.write(greeting(set, version));
  });
  await reactor.run();
  if (quiet) return;
  const { connections, datagrams } = set.totals;
  const [streams, packets] = [counted(connections, "connection"), counted(datagrams, "datagram")];
  log.write(`stopped after ${streams} and ${packets}`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What listens where, with a command to try each. */
function greeting(set: ServiceSet, version: string): string {
  const header = ["SERVICE", "RFC", "OVER", "LISTENS ON", "TRY"];
  const table = textTable(header, set.listeners.map(listenerRow));
  const missing = [...set.missingHosts].map(
    ([host, { code }]) => `${host} is not served, because this machine does not have it (${code}).`,
  );
  const lines = [
    `Pretzel ${version} serves. Stop it with Ctrl-C.`,
    "",
    ...table,
    "",
    ...missing,
    ...warnings(set),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function warnings(set: ServiceSet): string[] {
  const exposed = set.listeners.filter(({ service, transport, addresses }) => {
    return service.amplifies && transport === "udp" && !addresses.every(isLoopback);
  });
  if (exposed.length === 0) return [];
  const names = exposed.map(({ service }) => service.name).join(" and ");
  return [
    `Over UDP, ${names} may answer more than they are asked: do not serve them to strangers.`,
  ];
}

function isLoopback({ host }: InternetAddress): boolean {
  return host.startsWith("127.") || host === "::1";
}

function listenerRow({ service, transport, addresses }: ServiceListener): string[] {
  const [first] = addresses;
  const trial = first === undefined ? "" : service.trial[transport](trialHost(first), first.port);
  const places = addresses.map(({ family, host, port }) => {
    return family === "IPv6" ? `[${host}]:${port}` : `${host}:${port}`;
  });
  return [service.name, String(service.rfc), transport, places.join(" "), trial];
}

/** A wildcard is no address to connect to, but the loopback address of its family is one of it. */
function trialHost({ host }: InternetAddress): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

/** The services that are named, each once, in the order of their ports. */
function parseServices(text: string): SmallService[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !SMALL_SERVICES.some((each) => each.name === name));
  if (unknown !== undefined) {
    const all = SMALL_SERVICES.map(({ name }) => name).join(", ");
    throw new InvalidArgumentError(`"${unknown}" is none of ${all}.`);
  }
  return SMALL_SERVICES.filter(({ name }) => names.includes(name));
}

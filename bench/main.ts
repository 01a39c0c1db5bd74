/** Runs the benchmarks: the program behind `bun run bench`. */
import { BENCHMARKS } from "./benchmark-list.ts";
import { type Benchmark, type BenchmarkReport, WrongAnswerError } from "./benchmark.ts";
import { BunReactor } from "pretzel";
import {
  type ListenCommand,
  parseCommandLine,
  type RunCommand,
  USAGE,
  UsageError,
} from "./command-line.ts";
import { describeEnvironment, formatEnvironment } from "./environment.ts";
import { reportTable } from "./report-table.ts";
import { DatagramReceiver } from "./udp-throughput/datagram-receiver.ts";

/** The same in every run, so that two runs send the same bytes. */
const SEED = 0x9e37_79b9;

/** As sysexits(3) has it. */
const EXIT_USAGE = 64;
const EXIT_WRONG_ANSWER = 1;

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommandLine(args);
  if (command.kind === "help") {
    console.log(`${USAGE}\n\nBenchmarks:\n${listOfBenchmarks()}`);
  } else if (command.kind === "listen") {
    await receiveDatagrams(command);
  } else {
    await runBenchmarks(args, command);
  }
}

/** The other host's side of a measurement between two, until SIGINT or SIGTERM. */
async function receiveDatagrams({ host, port }: ListenCommand): Promise<void> {
  const reactor = new BunReactor();
  await using receiver = new DatagramReceiver(reactor);
  await receiver.listen(host, port);
  console.log(`Receiving on ${host} port ${port}, TCP and UDP; Ctrl-C ends`);
  await reactor.run();
}

async function runBenchmarks(args: readonly string[], command: RunCommand): Promise<void> {
  const chosen = chooseBenchmarks(command.name);
  const environment = describeEnvironment(args);
  console.log(formatEnvironment(environment));
  const { size, rounds, host } = command;
  const results: (BenchmarkReport & { readonly name: string })[] = [];
  for (const benchmark of chosen) {
    const report = await benchmark.run({
      size,
      rounds,
      seed: SEED,
      ...(host === undefined ? {} : { host }),
      progress: (line) => console.error(line),
    });
    results.push({ name: benchmark.name, ...report });
    console.log(`\n${benchmark.name}: ${benchmark.summary}; median (lowest..highest) of ${rounds}`);
    console.log(`\n${reportTable(report.rows)}\n`);
    for (const finding of report.findings) console.log(finding);
  }
  if (command.jsonPath === undefined) return;
  const whole = { environment, settings: { size, rounds, seed: SEED }, results };
  await Bun.write(command.jsonPath, `${JSON.stringify(whole, null, 2)}\n`);
}

/** One by its name, a folder of them by its name, or all. */
function chooseBenchmarks(name: string | undefined): readonly Benchmark[] {
  if (name === undefined) return BENCHMARKS;
  const chosen = BENCHMARKS.filter(
    (each) => each.name === name || each.name.startsWith(`${name}/`),
  );
  if (chosen.length > 0) return chosen;
  throw new UsageError(`There is no benchmark ${name}; there are\n${listOfBenchmarks()}`);
}

function listOfBenchmarks(): string {
  const width = Math.max(...BENCHMARKS.map(({ name }) => name.length));
  return BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
}

/** @returns the exit status for what `main` threw; what it does not know is thrown on */
function statusFor(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\nbun run bench --help tells more`);
    return EXIT_USAGE;
  }
  if (error instanceof WrongAnswerError) {
    console.error(`Wrong answer: ${error.message}`);
    return EXIT_WRONG_ANSWER;
  }
  throw error;
}

// All is said by now: nothing that is still open is waited for.
process.exit(await main(process.argv.slice(2)).then(() => 0, statusFor));

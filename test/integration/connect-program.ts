/** Connects to each `host:port` it is given, one after the other, and prints how that failed. */
import { readdirSync } from "node:fs";
import { BunReactor } from "../../src/bun/bun-reactor.ts";
import { loadLibc, replaceLibc } from "../../src/native/libc.ts";
import { RecordingFactory } from "../bun/recording-factory.ts";

const [libc, ...targets] = process.argv.slice(2);
if (libc === "without-libc") replaceLibc(loadLibc(["no-such-library.so"]));

const reactor = new BunReactor();
const outcomes: unknown[] = [];
const before = readdirSync("/proc/self/fd").length;
for (const target of targets) {
  const [host = "", port = ""] = target.split(":");
  const factory = new RecordingFactory();
  const connecting = reactor.connectTCP({ host, port: Number(port), timeoutMs: 20_000 }, factory);
  const error = await connecting.catch((reason: unknown) => reason);
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  outcomes.push({ name, code, message });
}
const leaked = readdirSync("/proc/self/fd").length - before;
process.stdout.write(JSON.stringify({ outcomes, leaked }));

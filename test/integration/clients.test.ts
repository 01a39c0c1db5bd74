/** Programs that are not ours against `pretzel serve`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type ServingProgram, startServing } from "../cli/serving-program.ts";
import { RawPeer } from "../raw-peer.ts";
import { has, runScript, TEST_LIMIT_MS } from "./shell.ts";

const DAYTIME = /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\r\n$/;
const FIRST_LINE = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n";

/** From 1900 to 1970. */
const SECONDS_FROM_1900_TO_1970 = 2_208_988_800;

/** How far the time that somebody has told may be from now: a test may be slow. */
const TOLERANCE_SECONDS = 60;

let served: ServingProgram;

beforeAll(async () => {
  served = await startServing("--host", "127.0.0.1");
}, TEST_LIMIT_MS);

afterAll(async () => {
  served.program.signal("SIGTERM");
  const { errors, status } = await served.program.end();
  expect({ errors, status }).toEqual({ errors: "", status: 0 });
}, TEST_LIMIT_MS);

/** The output of a script that must end well and have nothing to complain of. */
async function outputOf(script: string): Promise<Buffer> {
  const { output, errors, status } = await runScript(script);
  expect({ errors, status }).toEqual({ errors: "", status: 0 });
  return output;
}

/** How far a number of seconds since 1970 is from now. */
function secondsFromNow(unixSeconds: number): number {
  return Math.abs(unixSeconds - Date.now() / 1000);
}

/** Where and how a service is asked in a script. */
function at(service: string): string {
  return `127.0.0.1 ${served.port(service)}`;
}

describe.skipIf(!has("nc"))("nc (needs netcat-openbsd)", () => {
  test(
    "printf hi | nc -N is answered by echo 100 times in 100",
    async () => {
      const script =
        "n=0; for i in {1..100}; do " +
        `[ "$(printf hi | nc -N ${at("echo")})" = hi ] && n=$((n+1)); done; echo $n`;
      expect((await outputOf(script)).toString()).toBe("100\n");
    },
    TEST_LIMIT_MS,
  );

  test(
    "8 MiB come back from echo unchanged",
    async () => {
      const script =
        "f=$(mktemp) && trap 'rm -f $f' EXIT && head -c 8388608 /dev/urandom > $f && " +
        `nc -N ${at("echo")} < $f | cmp - $f && echo same`;
      expect((await outputOf(script)).toString()).toBe("same\n");
    },
    TEST_LIMIT_MS,
  );

  test.each([
    ["echo", "echo hello | nc -u -W1", "hello\n"],
    ["chargen", "head -c 74 /dev/zero | nc -u -W1", FIRST_LINE],
  ])("%s answers over UDP: %s", async (service, command, answer) => {
    expect((await outputOf(`${command} ${at(service)}`)).toString()).toBe(answer);
  });

  test(
    "every command of the table does what it is there to show",
    async () => {
      const table = served.program.output.split("\n\n")[1]?.split("\n").slice(1) ?? [];
      const shows: Record<string, RegExp> = {
        echo: /^hello\n$/,
        discard: /^$/,
        daytime: DAYTIME,
        chargen: new RegExp(`^${RegExp.escape(FIRST_LINE)}`),
        time: /^ \d{10}\n$/,
      };
      const outcomes = table.map(async (row) => {
        const [service = "", , , , ...command] = row.split(/ +/);
        const output = await outputOf(command.join(" "));
        expect(output.toString()).toMatch(shows[service] ?? /nothing/);
        return service;
      });
      expect((await Promise.all(outcomes)).length).toBe(10);
    },
    TEST_LIMIT_MS,
  );
});

describe.skipIf(!has("rdate"))("rdate (needs rdate)", () => {
  test.each(["-p", "-p -u"])("rdate %s prints the time", async (options) => {
    const output = await outputOf(`rdate ${options} -o ${served.port("time")} 127.0.0.1`);
    expect(secondsFromNow(Date.parse(output.toString()) / 1000)).toBeLessThan(TOLERANCE_SECONDS);
  });
});

describe.skipIf(!has("socat"))("socat (needs socat)", () => {
  test("echo answers over TCP", async () => {
    const output = await outputOf(`printf hi | socat - TCP:127.0.0.1:${served.port("echo")}`);
    expect(output.toString()).toBe("hi");
  });

  test(
    "an empty datagram is answered by time with 4 bytes",
    async () => {
      const where = `UDP:127.0.0.1:${served.port("time")},shut-null`;
      const output = await outputOf(`printf '' | socat -t1 - ${where}`);
      expect(output.length).toBe(4);
      const unixSeconds = output.readUInt32BE() - SECONDS_FROM_1900_TO_1970;
      expect(secondsFromNow(unixSeconds)).toBeLessThan(TOLERANCE_SECONDS);
    },
    TEST_LIMIT_MS,
  );

  test("daytime over TCP is the line, whatever is sent", async () => {
    const output = await outputOf(`echo hi | socat - TCP:127.0.0.1:${served.port("daytime")}`);
    expect(output.toString()).toMatch(DAYTIME);
  });
});

describe.skipIf(!has("bash"))("bash (needs bash)", () => {
  test("/dev/tcp gets the 4 bytes of time and then the end", async () => {
    const output = await outputOf(`cat < /dev/tcp/127.0.0.1/${served.port("time")}`);
    expect(output.length).toBe(4);
  });

  test("/dev/udp gets the line of daytime", async () => {
    const where = `/dev/udp/127.0.0.1/${served.port("daytime")}`;
    const output = await outputOf(`exec 3<>${where}; echo >&3; head -c 26 <&3`);
    expect(output.toString()).toMatch(DAYTIME);
  });

  test(
    "a client that sends before it reads gets its daytime 100 times in 100",
    async () => {
      const script =
        "n=0; for i in {1..100}; do " +
        `exec 3<>/dev/tcp/127.0.0.1/${served.port("daytime")}; ` +
        "echo what time is it >&3; cat <&3; exec 3>&-; done";
      const lines = (await outputOf(script)).toString().match(/.*\r\n/g) ?? [];
      expect(lines.filter((line) => DAYTIME.test(line)).length).toBe(100);
    },
    TEST_LIMIT_MS,
  );
});

describe("a raw socket", () => {
  test(
    "that sends before it reads gets its daytime 100 times in 100",
    async () => {
      let lines = 0;
      for (let round = 0; round < 100; round++) {
        using peer = await RawPeer.connect({ port: served.port("daytime") });
        peer.stopReading();
        await peer.send("what time is it?");
        peer.readOn();
        if (DAYTIME.test((await peer.end()).toString())) lines++;
      }
      expect(lines).toBe(100);
    },
    TEST_LIMIT_MS,
  );

  test("that has enough of chargen may reset, and the service goes on", async () => {
    for (let round = 0; round < 10; round++) {
      const peer = await RawPeer.connect({ port: served.port("chargen") });
      await peer.receives(10_000);
      peer.sendRST();
    }
    using peer = await RawPeer.connect({ port: served.port("chargen") });
    expect((await peer.receives(74)).subarray(0, 74).toString()).toBe(FIRST_LINE);
  });
});

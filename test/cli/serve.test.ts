import { describe, expect, test } from "bun:test";
import { RawDatagramPeer } from "../raw-datagram-peer.ts";
import { RawPeer } from "../raw-peer.ts";
import { RunningProgram, TEST_LIMIT_MS } from "./running-program.ts";
import { bracketed, SERVED_HOSTS, startServing } from "./serving-program.ts";

const LOG_LINE = /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}echo {5}tcp 127\.0\.0\.1:\d+ .*$/gm;

/** The words of the line of the table that begins with these. */
function tableRow(output: string, service: string, transport: string): string[] {
  const words = output.split("\n").map((line) => line.split(/ +/));
  return words.find((row) => row[0] === service && row[2] === transport) ?? [];
}

describe("pretzel serve", () => {
  test(
    "prints what listens where, with a command to try each",
    async () => {
      const { program, port } = await startServing();
      await using _program = program;
      for (const service of ["echo", "discard", "daytime", "chargen", "time"]) {
        for (const transport of ["tcp", "udp"]) {
          const row = tableRow(program.output, service, transport).join(" ");
          const places = SERVED_HOSTS.map((host) => `${bracketed(host)}:${port(service)}`);
          expect(row).toContain(` ${places.join(" ")} `);
          expect(row).toMatch(new RegExp(`nc .*127\\.0\\.0\\.1 ${port(service)}\\b`));
        }
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    "aligns its table",
    async () => {
      const { program } = await startServing();
      await using _program = program;
      const [header = "", ...rows] = program.output.split("\n\n")[1]?.split("\n") ?? [];
      expect(rows.length).toBe(10);
      for (const row of rows) {
        for (const column of ["RFC", "OVER", "LISTENS ON", "TRY"]) {
          const place = header.indexOf(column);
          expect(row.slice(place - 1, place + 1)).toMatch(/^ \S$/);
        }
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    "answers over TCP and UDP, on every loopback address",
    async () => {
      const { program, port } = await startServing();
      await using _program = program;
      for (const hostname of SERVED_HOSTS) {
        using stream = await RawPeer.connect({ hostname, port: port("echo") });
        await stream.send("hi");
        expect((await stream.receives(2)).toString()).toBe("hi");
        using datagrams = await RawDatagramPeer.open(hostname);
        datagrams.send("", port("time"), hostname);
        expect((await datagrams.receive()).data.length).toBe(4);
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    "prints one line for each connection, and none for a datagram",
    async () => {
      const { program, port } = await startServing();
      await using _program = program;
      using datagrams = await RawDatagramPeer.open();
      datagrams.send("hi", port("echo"));
      await datagrams.receive();
      for (let connection = 0; connection < 3; connection++) {
        using peer = await RawPeer.connect({ port: port("echo") });
        await peer.send("hello");
        peer.sendFIN();
        await peer.end();
      }
      program.signal("SIGTERM");
      const { output, errors } = await program.end();
      const lines = output.match(LOG_LINE) ?? [];
      expect(lines.length).toBe(3);
      for (const line of lines) expect(line).toMatch(/ {2}in 5 B, out 5 B, \d+\.\d{3} s, done$/);
      expect(output).toEndWith("\nstopped after 3 connections and 1 datagram\n");
      expect(errors).toBe("");
    },
    TEST_LIMIT_MS,
  );

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s ends open connections in order and the program with 0",
    async (signal) => {
      const { program, port } = await startServing();
      await using _program = program;
      using idle = await RawPeer.connect({ port: port("echo") });
      await idle.send("hi");
      await idle.receives(2);
      using busy = await RawPeer.connect({ port: port("chargen") });
      await busy.receives(100_000);
      program.signal(signal);
      await idle.end();
      idle.close();
      await busy.end();
      busy.close();
      const { errors, status } = await program.end();
      expect({ errors, status }).toEqual({ errors: "", status: 0 });
    },
    TEST_LIMIT_MS,
  );

  test(
    "a port in use ends it with 1 and one line that says which and why",
    async () => {
      const { program, portBase, port } = await startServing("--services", "daytime");
      await using _program = program;
      const end = await RunningProgram.run("", "serve", "--port-base", portBase);
      expect(end).toEqual({
        output: "",
        errors:
          `pretzel: Cannot start daytime: Cannot listen on tcp 127.0.0.1:${port("daytime")}: ` +
          "EADDRINUSE, another program has this port\n",
        status: 1,
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    "--services and --host choose what is served and where",
    async () => {
      const options = ["--services", "time,echo", "--host", "127.0.0.2", "--host", "127.0.0.3"];
      const { program, port } = await startServing(...options);
      await using _program = program;
      const places = (service: string) => `127.0.0.2:${port(service)} 127.0.0.3:${port(service)}`;
      const table = program.output.split("\n\n")[1] ?? "";
      expect(table.split("\n").length).toBe(5);
      expect(tableRow(table, "echo", "udp").join(" ")).toContain(places("echo"));
      expect(tableRow(table, "time", "tcp").join(" ")).toContain(places("time"));
      using peer = await RawPeer.connect({ hostname: "127.0.0.3", port: port("time") });
      expect((await peer.end()).length).toBe(4);
    },
    TEST_LIMIT_MS,
  );

  test(
    "on more than loopback it says whose answers can be misused",
    async () => {
      const { program } = await startServing("--host", "0.0.0.0");
      await using _program = program;
      expect(program.output).toContain(
        "\nOver UDP, daytime and time may answer more than they are asked: " +
          "do not serve them to strangers.\n",
      );
    },
    TEST_LIMIT_MS,
  );

  test(
    "--quiet prints nothing",
    async () => {
      const { portBase, port, program: first } = await startServing("--services", "echo");
      first.signal("SIGTERM");
      await first.end();
      const words = ["serve", "--quiet", "--services", "echo", "--port-base", portBase];
      await using program = new RunningProgram(...words);
      using peer = await connectedTo(port("echo"));
      await peer.send("hi");
      peer.sendFIN();
      await peer.end();
      program.signal("SIGTERM");
      expect(await program.end()).toEqual({ output: "", errors: "", status: 0 });
    },
    TEST_LIMIT_MS,
  );
});

/** Connects as soon as somebody listens, which a quiet program does not say. */
async function connectedTo(port: number): Promise<RawPeer> {
  for (;;) {
    try {
      return await RawPeer.connect({ port });
    } catch (error) {
      expect(error).toMatchObject({ code: "ECONNREFUSED" });
    }
  }
}

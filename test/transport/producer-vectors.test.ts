import { describe, expect, test } from "bun:test";
import { vectorsOf } from "../vectors/protocol-vectors.ts";
import { RecordingProtocol } from "./recording-protocol.ts";
import { scripted, type ScriptedConnection } from "./scripted-driver.ts";

type ProducerOp =
  | readonly ["registerPush", string]
  | readonly ["registerPull", string, number]
  | readonly ["unregister" | "lose" | "fail"]
  | readonly ["write" | "accept", number];

interface ProducerVector {
  readonly ops: readonly ProducerOp[];
  readonly expect: {
    readonly events: readonly string[];
    readonly sent: number;
    readonly open: boolean;
  };
}

/** What a pull producer of the vectors writes each time it is asked. */
const PULL_BYTES = 10;

/** Runs the operations on a connection whose kernel takes nothing until it is told to. */
function run({ ops }: ProducerVector): ProducerVector["expect"] {
  const events: string[] = [];
  const protocol = new RecordingProtocol({ connectionLost: () => events.push("connectionLost") });
  const made = scripted(protocol, {}, (driver) => {
    driver.budget = 0;
    driver.peerClosesToo = true;
  });
  for (const op of ops) {
    perform(made, events, op);
    made.settle();
  }
  return { events, sent: made.driver.sentBytes, open: protocol.reason === null };
}

function perform(made: ScriptedConnection, events: string[], op: ProducerOp): void {
  const { connection, driver } = made;
  switch (op[0]) {
    case "registerPush":
      connection.registerProducer(pushProducer(op[1], events), true);
      break;
    case "registerPull":
      connection.registerProducer(pullProducer(made, op[1], op[2], events), false);
      break;
    case "unregister":
      connection.unregisterProducer();
      break;
    case "lose":
      connection.loseConnection();
      break;
    case "fail":
      driver.events.closed(new Error("the connection failed"));
      break;
    case "write":
      connection.write(Buffer.alloc(op[1]));
      break;
    case "accept":
      driver.accept(op[1]);
      break;
  }
}

function pushProducer(name: string, events: string[]) {
  return {
    pauseProducing: () => void events.push(`${name}.pause`),
    resumeProducing: () => void events.push(`${name}.resume`),
    stopProducing: () => void events.push(`${name}.stop`),
  };
}

function pullProducer(made: ScriptedConnection, name: string, times: number, events: string[]) {
  let left = times;
  return {
    resumeProducing: () => {
      events.push(`${name}.resume`);
      made.connection.write(Buffer.alloc(PULL_BYTES));
      if (--left > 0) return;
      events.push(`${name}.done`);
      made.connection.unregisterProducer();
    },
    stopProducing: () => void events.push(`${name}.stop`),
  };
}

describe("StreamConnection: the producer vectors", () => {
  for (const vector of vectorsOf<ProducerVector>("producer")) {
    test(`${vector.id} (${vector.basis})`, () => {
      expect(run(vector)).toEqual(vector.expect);
    });
  }
});

import { RecordingProtocol } from "../../transport/recording-protocol.ts";
import { scripted, type ScriptedConnection } from "../../transport/scripted-driver.ts";
import { flag, matching, text, wholeNumber } from "../notation/scalars.ts";
import { fields, listOf, verbs, type VerbsOf } from "../notation/shapes.ts";
import { once, type VectorGroup, vectorGroup } from "../vector-group.ts";

const OPERATIONS = {
  registerPush: [text],
  /** A pull producer, and how often it writes before it is done. */
  registerPull: [text, wholeNumber],
  unregister: [],
  write: [wholeNumber],
  /** The kernel takes so many more bytes. */
  accept: [wholeNumber],
  lose: [],
  /** The network takes the connection away. */
  fail: [],
} as const;

type Operation = VerbsOf<typeof OPERATIONS>;

const producerEvent = matching(
  '"connectionLost", or a name with .pause, .resume, .stop or .done',
  /^(?:connectionLost|.+\.(?:pause|resume|stop|done))$/,
);

/** Producers on a connection whose kernel takes nothing until it is told to. */
export const PRODUCER: VectorGroup = vectorGroup({
  name: "producer",
  input: { ops: listOf(verbs(OPERATIONS)) },
  expect: fields({ events: listOf(producerEvent), sent: wholeNumber, open: flag }),
  observe({ ops }) {
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
    return once({ events, sent: made.driver.sentBytes, open: protocol.reason === null });
  },
});

/** What a pull producer of the vectors writes each time it is asked. */
const PULL_BYTES = 10;

function perform(
  { connection, driver }: ScriptedConnection,
  events: string[],
  op: Operation,
): void {
  switch (op[0]) {
    case "registerPush":
      return connection.registerProducer(pushProducer(op[1], events), true);
    case "registerPull":
      return connection.registerProducer(pullProducer(connection, op[1], op[2], events), false);
    case "unregister":
      return connection.unregisterProducer();
    case "lose":
      return connection.loseConnection();
    case "fail":
      return driver.events.closed(new Error("the connection failed"));
    case "write":
      return void connection.write(Buffer.alloc(op[1]));
    case "accept":
      return driver.accept(op[1]);
  }
}

function pushProducer(name: string, events: string[]) {
  return {
    pauseProducing: () => void events.push(`${name}.pause`),
    resumeProducing: () => void events.push(`${name}.resume`),
    stopProducing: () => void events.push(`${name}.stop`),
  };
}

function pullProducer(
  connection: ScriptedConnection["connection"],
  name: string,
  times: number,
  events: string[],
) {
  let left = times;
  return {
    resumeProducing: () => {
      events.push(`${name}.resume`);
      connection.write(Buffer.alloc(PULL_BYTES));
      if (--left > 0) return;
      events.push(`${name}.done`);
      connection.unregisterProducer();
    },
    stopProducing: () => void events.push(`${name}.stop`),
  };
}

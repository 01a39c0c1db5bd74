import { describe, expect, test } from "bun:test";
import {
  LIFE_EVENTS,
  LIFE_STATES,
  type LifeEvent,
  type LifeState,
  lifeMove,
  MADE,
  MADE_SECURING,
  nameOfState,
} from "../../src/transport/lifecycle.ts";

/** Where `events` lead from `state`. */
function after(state: LifeState, ...events: LifeEvent[]): LifeState {
  return events.reduce((at, event) => lifeMove(at, event).to, state);
}

/** Which events may come in a state. */
function possible(state: LifeState): LifeEvent[] {
  return LIFE_EVENTS.filter((event) => {
    try {
      lifeMove(state, event);
      return true;
    } catch {
      return false;
    }
  });
}

describe("The life of a connection", () => {
  test("every state can end, and only one that has ended is told so", () => {
    for (const state of LIFE_STATES) {
      const events = possible(state);
      expect([nameOfState(state), events.includes("ended")]).toEqual([
        nameOfState(state),
        state.connected,
      ]);
      expect(events.includes("told")).toBe(state.phase === "gone");
    }
  });

  test("nothing but being told changes one that has ended", () => {
    for (const state of LIFE_STATES.filter((each) => !each.connected)) {
      for (const event of possible(state).filter((each) => each !== "told")) {
        expect(lifeMove(state, event)).toEqual({ to: state, effects: [] });
      }
    }
  });

  test("what was given up is never taken up again", () => {
    const order = {
      input: ["open", "ended", "discarded"],
      output: ["open", "finishing", "ending", "ended", "broken"],
      security: ["clear", "clearing", "handshake", "secured"],
    } as const;
    const states = LIFE_STATES.filter((each) => each.connected);
    for (const state of states) {
      for (const event of possible(state)) {
        const { to } = lifeMove(state, event);
        if (!to.connected) continue;
        for (const part of ["input", "output", "security"] as const) {
          const [before, now] = [state, to].map((each) => order[part].indexOf(each[part] as never));
          expect(now).toBeGreaterThanOrEqual(before ?? 0);
        }
      }
    }
  });

  test("each effect comes once on any way through a life, but for waiting for the peer", () => {
    for (const state of LIFE_STATES) {
      for (const first of possible(state)) {
        const move = lifeMove(state, first);
        for (const second of possible(move.to)) {
          const again = lifeMove(move.to, second).effects;
          const twice = move.effects.filter((effect) => again.includes(effect));
          expect(twice.filter((effect) => effect !== "awaitPeer")).toEqual([]);
        }
      }
    }
  });

  test("whoever discards what comes in has an end of stream due, sent or impossible", () => {
    for (const state of LIFE_STATES.filter((each) => each.connected && !each.delivers)) {
      expect(["finishing", "ending", "ended", "broken"]).toContain(state.output);
    }
  });

  test("in a TLS handshake neither a failed send nor an end of stream is survived", () => {
    for (const state of LIFE_STATES.filter((each) => each.isSecuring)) {
      const events = possible(state);
      for (const event of ["sendFailed", "peerEnded", "peerEndedUnaware", "flushed"] as const) {
        expect(events).not.toContain(event);
      }
    }
  });

  test("TLS is started on a connection that is open both ways, once", () => {
    const starting = LIFE_STATES.filter((each) => possible(each).includes("startTLS"));
    expect(starting.filter((each) => each.connected)).toEqual([MADE]);
    expect(after(MADE, "startTLS", "cleared", "secured")).toBe(after(MADE_SECURING, "secured"));
  });
});

describe("The ways of a connection", () => {
  const ways: readonly [string, LifeEvent[], Partial<LifeState>][] = [
    ["we close", ["lose"], { input: "discarded", output: "ending" }],
    ["we close and all has left", ["lose", "flushed"], { input: "discarded", output: "ended" }],
    ["we finish", ["loseWrite", "flushed"], { input: "open", output: "ended" }],
    ["we finish, then close", ["loseWrite", "flushed", "lose"], { input: "discarded" }],
    [
      "the peer finishes, unnoticed",
      ["peerEndedUnaware"],
      { input: "discarded", output: "ending" },
    ],
    ["the peer finishes, noticed", ["peerEnded"], { input: "ended", output: "open" }],
    ["both finish", ["peerEnded", "loseWrite"], { input: "discarded", output: "finishing" }],
    ["we finish first", ["loseWrite", "flushed", "peerEnded"], { input: "ended", output: "ended" }],
    ["a send fails", ["sendFailed", "peerEnded"], { input: "open", output: "broken" }],
    [
      "a send fails while closing",
      ["lose", "sendFailed"],
      { input: "discarded", output: "broken" },
    ],
  ];
  for (const [name, events, expected] of ways) {
    test(`${name}: ${events.join(", ")}`, () => {
      expect(after(MADE, ...events)).toMatchObject(expected);
    });
  }

  test("an event that cannot come is a fault, and says in which state it came", () => {
    expect(() => lifeMove(MADE, "secured")).toThrow(
      '"secured" cannot come to a connection that is connected, input open, output open',
    );
  });
});

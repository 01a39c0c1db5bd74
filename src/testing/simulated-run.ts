import { ConnectError } from "../reactor/connect-error.ts";
import { type Reactor, ReactorNotRunning } from "../reactor/reactor.ts";
import type { SimulatedConnections } from "./simulated-connections.ts";
import type { SimulatedTransportClock } from "./simulated-transport-clock.ts";
import type { Simulation } from "./simulation.ts";
import { BrokenInvariant, type SimulationResult } from "./simulation-result.ts";

/** How long everything may take to close at the end, in virtual time: all timeouts, and more. */
const CLOSING_MS = 300_000;

/** How long nothing more may happen then. */
const AFTERMATH_MS = 60_000;

/** A run from its scenario to its end, and what is checked there. */
export class SimulatedRun {
  readonly #seed: number;
  readonly #simulation: Simulation;
  readonly #connections: SimulatedConnections;
  readonly #transportClock: SimulatedTransportClock;
  readonly #endChecks: (() => unknown)[] = [];
  #scenario: "over" | "running" = "over";
  #wasCutShort = false;
  #reactor: "open" | "closing" | "closed" = "open";

  constructor(
    seed: number,
    simulation: Simulation,
    connections: SimulatedConnections,
    transportClock: SimulatedTransportClock,
  ) {
    this.#seed = seed;
    this.#simulation = simulation;
    this.#connections = connections;
    this.#transportClock = transportClock;
    simulation.addInvariant(() => this.#checkTimers());
  }

  /** Has `check` called when everything has closed. */
  addEndCheck(check: () => unknown): void {
    this.#endChecks.push(check);
  }

  /** Runs a scenario up to where it waits for something. */
  begin(scenario: () => void | Promise<void>): void {
    this.#simulation.step(() => {
      const result = scenario();
      if (!(result instanceof Promise)) return;
      this.#scenario = "running";
      const over = () => {
        this.#scenario = "over";
      };
      result.catch((error: unknown) => this.#scenarioFailed(error)).then(over, over);
    });
  }

  /**
   * Has all happen that is to come, closes everything, and makes the checks that belong to the end.
   *
   * @throws {BrokenInvariant} when one does not hold, or one did not before
   */
  finish(reactor: Reactor): SimulationResult {
    const simulation = this.#simulation;
    simulation.runUntil(simulation.limits.durationMs);
    this.#wasCutShort = simulation.clock.pending > 0;
    if (!this.#wasCutShort && simulation.failure === null) this.#connections.checkQuiet();
    this.#close(reactor);
    if (simulation.failure === null) this.#checkEnd();
    this.throwFailure();
    return this.#result;
  }

  /** Whether the conversations ended, and as their protocols wanted. */
  get endedWell(): boolean {
    return !this.#wasCutShort && this.#connections.endedWell;
  }

  /** @throws {BrokenInvariant} when one is broken */
  throwFailure(): void {
    const { failure } = this.#simulation;
    if (failure === null) return;
    throw new BrokenInvariant(`Seed ${this.#seed}: ${failure.message}`, this.#result, failure);
  }

  get #result(): SimulationResult {
    const { clock, steps, schedule, trace } = this.#simulation;
    return {
      seed: this.#seed,
      durationMs: clock.now(),
      steps,
      faults: schedule.kindsTaken,
      decisions: schedule.decisions,
      trace: trace ?? [],
    };
  }

  /** Whether `error` is that somebody could not connect because of the network. */
  isHindrance(error: unknown): boolean {
    return error instanceof ConnectError && this.#simulation.schedule.hasInterfered;
  }

  /** A scenario that could not connect because of the network has done all it could. */
  #scenarioFailed(error: unknown): void {
    if (!this.isHindrance(error)) this.#simulation.fail(error);
  }

  /** Stops the reactor as a program does, and waits for the silence afterwards. */
  #close(reactor: Reactor): void {
    const simulation = this.#simulation;
    const { clock } = simulation;
    if (simulation.trace !== null) {
      if (simulation.failure === null) this.#connections.noteOpen();
      simulation.note("the reactor stops");
    }
    this.#reactor = "closing";
    const closed = () => {
      this.#reactor = "closed";
    };
    simulation.step(() => {
      if (!reactor.running) void reactor.run();
      // A scenario may have stopped it already.
      reactor.stop().then(closed, (error: unknown) => {
        if (error instanceof ReactorNotRunning) closed();
        else simulation.fail(error);
      });
    });
    simulation.runUntil(clock.now() + CLOSING_MS, () => this.#reactor === "closed");
    simulation.runUntil(clock.now() + AFTERMATH_MS);
  }

  /** Timers are there for connections; when those have gone they must have gone too. */
  #checkTimers(): void {
    const { pending } = this.#transportClock;
    if (pending === 0 || !this.#connections.idle) return;
    throw new Error(`All connections have ended, and their transports left ${pending} timers`);
  }

  #checkEnd(): void {
    const simulation = this.#simulation;
    this.#connections.checkEnds();
    if (this.#reactor !== "closed") simulation.fail(new Error("The reactor did not stop"));
    if (this.#scenario === "running") {
      simulation.fail(new Error("The scenario waits for something that never happened"));
    }
    for (const check of this.#endChecks) simulation.attempt(check);
  }
}

import type { CloseReason } from "../reactor/close-reason.ts";
import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import { excerpt, type SimulatedEnd } from "./simulated-end.ts";
import { watchTransport } from "./simulated-transport.ts";

/** The callbacks that a protocol may lack and that only need to be passed on. */
const OPTIONAL_CALLBACKS = [
  "readConnectionLost",
  "writeConnectionLost",
  "pauseWriting",
  "resumeWriting",
  "draining",
] as const;

/**
 * Stands between a connection and its protocol, passes every call on, and checks what a connection
 * promises: `connectionMade` first, `connectionLost` once and last, and the bytes as written.
 */
export class WatchedCallbacks implements ConnectionCallbacks {
  readonly #inner: ConnectionCallbacks;
  readonly #end: SimulatedEnd;
  #state: "new" | "made" | "lost" | "replaced" = "new";
  /** Whether the connection was ending already when this protocol took it over. */
  #startedLate = false;
  declare readonly readConnectionLost?: () => void;
  declare readonly writeConnectionLost?: () => void;
  declare readonly pauseWriting?: () => void;
  declare readonly resumeWriting?: () => void;
  declare readonly draining?: () => void;

  // Whether a protocol has one of these decides how its connection behaves, and may change.
  static {
    for (const callback of OPTIONAL_CALLBACKS) {
      const passOn = function (this: WatchedCallbacks): unknown {
        this.#called(callback);
        const result: unknown = this.#inner[callback]?.();
        this.#returned(callback);
        return result;
      };
      Object.defineProperty(WatchedCallbacks.prototype, callback, {
        get(this: WatchedCallbacks) {
          return this.#inner[callback] === undefined ? undefined : passOn;
        },
      });
    }
  }

  constructor(inner: ConnectionCallbacks, end: SimulatedEnd) {
    this.#inner = inner;
    this.#end = end;
  }

  get innermost(): ConnectionCallbacks {
    return this.#inner.innermost ?? this.#inner;
  }

  makeConnection(transport: StreamTransport): void {
    const end = this.#end;
    if (end.tracing) end.note("connectionMade");
    if (this.#state !== "new") end.fail("connectionMade was called again");
    this.#state = "made";
    this.#startedLate = transport.disconnecting;
    end.writingPaused = false;
    end.protocol?.replaced();
    if (end.protocol === null) {
      watchTransport(transport, end, (next) => new WatchedCallbacks(next, end));
    }
    end.protocol = this;
    return this.#inner.makeConnection(transport);
  }

  dataReceived(data: Buffer): void {
    const end = this.#end;
    if (end.tracing) end.note(`dataReceived ${excerpt(data)}`);
    if (this.#state !== "made") this.#calledWrongly("dataReceived");
    if (end.readEnded) end.fail("dataReceived was called after readConnectionLost");
    if (end.closing) end.fail("dataReceived was called after loseConnection");
    if (data.length === 0) end.fail("dataReceived was called with nothing");
    const fault = end.other.written.arrived(data);
    if (fault !== null) end.fail(fault);
    return this.#inner.dataReceived(data);
  }

  connectionLost(reason: CloseReason): void {
    const end = this.#end;
    if (end.tracing) end.note(`connectionLost ${reasonText(reason)}`);
    if (this.#state !== "made") this.#calledWrongly("connectionLost");
    this.#state = "lost";
    end.reason = reason;
    const isAware = this.#inner.readConnectionLost !== undefined && !this.#startedLate;
    if (isAware && reason.kind === "done" && !end.closing && !end.readEnded) {
      end.fail("it ended as done, and readConnectionLost was not called");
    }
    return this.#inner.connectionLost(reason);
  }

  /** Another protocol has taken over the connection. */
  replaced(): void {
    this.#state = "replaced";
  }

  #called(callback: string): void {
    const end = this.#end;
    if (end.tracing) end.note(callback);
    if (callback === "pauseWriting") end.writingPaused = true;
    if (callback === "resumeWriting") end.writingPaused = false;
    if (callback === "readConnectionLost") {
      if (end.readEnded) end.fail("readConnectionLost was called again");
      end.readEnded = true;
    }
    if (this.#state !== "made") this.#calledWrongly(callback);
  }

  /** Who writes again in `resumeWriting`, though nothing is sent any more, is not asked again. */
  #returned(callback: string): void {
    const { socket } = this.#end;
    const isOver = socket.closed || socket.refusedWrite;
    if (callback === "resumeWriting" && isOver) this.#end.writingPaused = false;
  }

  #calledWrongly(callback: string): void {
    const when = { new: "before connectionMade", lost: "after connectionLost", made: "" };
    const state = this.#state;
    this.#end.fail(
      `${callback} was called ${state === "replaced" ? "after switchProtocol" : when[state]}`,
    );
  }
}

function reasonText(reason: CloseReason): string {
  return reason.kind === "lost" ? `lost: ${reason.cause.message}` : reason.kind;
}

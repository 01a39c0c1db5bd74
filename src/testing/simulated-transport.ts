import type { ConnectionCallbacks, StreamTransport } from "../reactor/stream-transport.ts";
import { outgoingBytes } from "../reactor/outgoing-bytes.ts";
import { excerpt, type SimulatedEnd } from "./simulated-end.ts";

/**
 * Has `end` told of what the protocol asks its transport for. The transport stays the very object
 * that it is in production; only some of its methods are looked over.
 *
 * @param watched puts a watch around a protocol that takes the connection over
 */
export function watchTransport(
  transport: StreamTransport,
  end: SimulatedEnd,
  watched: (next: ConnectionCallbacks) => ConnectionCallbacks,
): void {
  end.transport = transport;
  watchWrites(transport, end);
  watchCloses(transport, end);
  watchReading(transport, end);
  watchProducers(transport, end);
  const switchProtocol = transport.switchProtocol.bind(transport);
  transport.switchProtocol = (next, leftover) => {
    if (end.tracing) end.note(`switchProtocol to ${next.constructor.name}`);
    if (leftover !== undefined) end.other.written.giveBack(leftover.length);
    switchProtocol(watched(next), leftover);
  };
}

function watchWrites(transport: StreamTransport, end: SimulatedEnd): void {
  const write = transport.write.bind(transport);
  const writeSequence = transport.writeSequence.bind(transport);
  transport.write = (data) => {
    const bytes = outgoingBytes(data);
    return watchedWrite(transport, end, bytes, () => write(bytes));
  };
  transport.writeSequence = (chunks) => {
    const all = Array.from(chunks, outgoingBytes);
    return watchedWrite(transport, end, Buffer.concat(all), () => writeSequence(all));
  };
}

/** Checks what becomes of `bytes`, which `send` writes. */
function watchedWrite(
  transport: StreamTransport,
  end: SimulatedEnd,
  bytes: Uint8Array,
  send: () => boolean,
): boolean {
  const { closing, hasProducer, written } = end;
  const before = transport.bufferedAmount + transport.stats.bytesSent;
  // Before it is written: inside the write a callback may write more.
  written.wrote(bytes);
  const writable = send();
  const wasTaken = transport.bufferedAmount + transport.stats.bytesSent !== before;
  if (!wasTaken) written.takeBack();
  const isDropped = !wasTaken && bytes.length > 0;
  if (end.tracing) end.note(`write ${excerpt(bytes)}${isDropped ? ", dropped" : ""}`);
  if (closing && !hasProducer && wasTaken) end.fail("a write after loseConnection was taken");
  if (closing && hasProducer && isDropped) checkDropped(end);
  checkWaiting(transport, end);
  return writable;
}

/** What a producer writes is dropped only where nothing can be sent any more. */
function checkDropped(end: SimulatedEnd): void {
  const { closed, refusedWrite } = end.socket;
  if (!closed && !refusedWrite) end.fail("what a producer wrote while closing was dropped");
}

function checkWaiting({ bufferedAmount }: StreamTransport, end: SimulatedEnd): void {
  const { maxBufferedBytes } = end.simulation.limits;
  if (bufferedAmount <= maxBufferedBytes) return;
  end.fail(`${bufferedAmount} bytes wait to be sent, of ${maxBufferedBytes} (maxBufferedBytes)`);
}

function watchCloses(transport: StreamTransport, end: SimulatedEnd): void {
  const loseConnection = transport.loseConnection.bind(transport);
  transport.loseConnection = (options) => {
    if (end.tracing) end.note("loseConnection");
    end.closing = true;
    loseConnection(options);
  };
  const loseWriteConnection = transport.loseWriteConnection.bind(transport);
  transport.loseWriteConnection = () => {
    if (end.tracing) end.note("loseWriteConnection");
    end.endingWrites = true;
    loseWriteConnection();
  };
  const abortConnection = transport.abortConnection.bind(transport);
  transport.abortConnection = (cause) => {
    if (end.tracing) end.note("abortConnection");
    abortConnection(cause);
  };
}

function watchReading(transport: StreamTransport, end: SimulatedEnd): void {
  const pauseProducing = transport.pauseProducing.bind(transport);
  transport.pauseProducing = () => {
    if (end.tracing && !end.paused) end.note("pauseProducing");
    end.paused = true;
    pauseProducing();
  };
  const resumeProducing = transport.resumeProducing.bind(transport);
  transport.resumeProducing = () => {
    if (end.tracing && end.paused) end.note("resumeProducing");
    end.paused = false;
    resumeProducing();
  };
}

function watchProducers(transport: StreamTransport, end: SimulatedEnd): void {
  type Register = (producer: object, streaming: boolean) => void;
  const register: Register = transport.registerProducer.bind(transport) as Register;
  transport.registerProducer = (producer: object, streaming: boolean) => {
    // One that comes too late is stopped at once.
    if (!transport.disconnecting && !end.endingWrites) end.hasProducer = true;
    register(producer, streaming);
  };
  const unregisterProducer = transport.unregisterProducer.bind(transport);
  transport.unregisterProducer = () => {
    end.hasProducer = false;
    unregisterProducer();
  };
}

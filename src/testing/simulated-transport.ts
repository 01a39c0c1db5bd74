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
  watchWrites(transport, end);
  watchCloses(transport, end);
  const switchProtocol = transport.switchProtocol.bind(transport);
  transport.switchProtocol = (next, leftover) => {
    if (end.tracing) end.note(`switchProtocol to ${next.constructor.name}`);
    if (leftover !== undefined) end.other.written.giveBack(leftover.length);
    switchProtocol(watched(next), leftover);
  };
}

function watchWrites(transport: StreamTransport, end: SimulatedEnd): void {
  const write = transport.write.bind(transport);
  const { written, simulation } = end;
  const { maxBufferedBytes } = simulation.limits;
  transport.write = (data) => {
    const bytes = outgoingBytes(data);
    const before = transport.bufferedAmount + transport.stats.bytesSent;
    // Before it is written: inside the write a callback may write more.
    written.wrote(bytes);
    const writable = write(bytes);
    const { bufferedAmount } = transport;
    const wasTaken = bufferedAmount + transport.stats.bytesSent !== before || bytes.length === 0;
    if (!wasTaken) written.takeBack();
    if (end.tracing) end.note(`write ${excerpt(bytes)}${wasTaken ? "" : ", dropped"}`);
    if (bufferedAmount > maxBufferedBytes) {
      end.fail(
        `${bufferedAmount} bytes wait to be sent, of ${maxBufferedBytes} (maxBufferedBytes)`,
      );
    }
    return writable;
  };
}

function watchCloses(transport: StreamTransport, end: SimulatedEnd): void {
  const loseConnection = transport.loseConnection.bind(transport);
  transport.loseConnection = (options) => {
    if (end.tracing) end.note("loseConnection");
    end.stoppedListening = true;
    loseConnection(options);
  };
  for (const verb of ["loseWriteConnection", "abortConnection"] as const) {
    const close = transport[verb].bind(transport);
    transport[verb] = () => {
      if (end.tracing) end.note(verb);
      close();
    };
  }
}

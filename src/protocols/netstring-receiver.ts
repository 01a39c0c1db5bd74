import type { FramingError } from "../framing/framing-error.ts";
import { NetstringCodec } from "../framing/netstring-codec.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { type StringCodec, StringReceiver } from "./string-receiver.ts";

/**
 * Receives and sends netstrings, such as `5:hello,`. Subclass it and override `stringReceived`.
 * Strings that came before a broken one are delivered.
 */
export abstract class NetstringReceiver<
  T extends StreamTransport = StreamTransport,
> extends StringReceiver<T> {
  /**
   * What came is not a netstring, or one longer than `maxLength`. Called at most once; nothing is
   * delivered any more. Closes the connection unless overridden.
   */
  framingFailed(_error: FramingError): void {
    this.transport.loseConnection();
  }

  protected override stringFailed(error: FramingError): unknown {
    return this.framingFailed(error);
  }

  protected override makeCodec(maxLength: number): StringCodec {
    return new NetstringCodec(maxLength);
  }
}

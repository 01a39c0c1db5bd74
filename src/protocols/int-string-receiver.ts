import { FrameTooLongError, type FramingError } from "../framing/framing-error.ts";
import { LengthFieldCodec } from "../framing/length-field-codec.ts";
import type { StreamTransport } from "../reactor/stream-transport.ts";
import { type StringCodec, StringReceiver } from "./string-receiver.ts";

/**
 * Receives and sends strings behind their length, an unsigned integer in network byte order. The
 * three classes below say of how many bits; subclass one and override `stringReceived`.
 */
export abstract class IntNStringReceiver<
  T extends StreamTransport = StreamTransport,
> extends StringReceiver<T> {
  /** How many bytes the length has. */
  protected abstract readonly prefixLength: 1 | 2 | 4;

  /**
   * A length above `maxLength` came. Called at most once, before the string itself comes; nothing
   * is delivered any more. Closes the connection unless overridden.
   */
  lengthLimitExceeded(_length: number): void {
    this.transport.loseConnection();
  }

  protected override stringFailed(error: FramingError): unknown {
    if (!(error instanceof FrameTooLongError)) throw error;
    return this.lengthLimitExceeded(error.length);
  }

  protected override makeCodec(maxLength: number): StringCodec {
    return new LengthFieldCodec({ fieldBytes: this.prefixLength, maxLength });
  }
}

/** Strings of up to 255 bytes, behind a length of one byte. */
export abstract class Int8StringReceiver<
  T extends StreamTransport = StreamTransport,
> extends IntNStringReceiver<T> {
  protected override readonly prefixLength = 1;
}

/** Strings of up to 65535 bytes, behind a length of two bytes. */
export abstract class Int16StringReceiver<
  T extends StreamTransport = StreamTransport,
> extends IntNStringReceiver<T> {
  protected override readonly prefixLength = 2;
}

/** Strings behind a length of four bytes. */
export abstract class Int32StringReceiver<
  T extends StreamTransport = StreamTransport,
> extends IntNStringReceiver<T> {
  protected override readonly prefixLength = 4;
}

import type { ReceiveBuffer } from "./receive-buffer.ts";
export type OutgoingBytes = Uint8Array | string | readonly (Uint8Array | string)[];
export interface Codec<In, Out = In> {
  readonly maxBytes: number;
  decode(buffer: ReceiveBuffer): In | null;
  encode(message: Out): OutgoingBytes;
}

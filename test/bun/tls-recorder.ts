import type { TLSInfo } from "../../src/reactor/tls.ts";
import { type Actions, RecordingProtocol } from "../transport/recording-protocol.ts";

/** A recording protocol that also records its handshake. */
export class TLSRecorder extends RecordingProtocol {
  info: TLSInfo | null = null;
  readonly #handshakeAction: ((protocol: TLSRecorder) => void) | undefined;

  constructor(actions: Actions = {}, handshakeAction?: (protocol: TLSRecorder) => void) {
    super(actions);
    this.#handshakeAction = handshakeAction;
  }

  override handshakeCompleted(info: TLSInfo): void {
    this.events.push("handshakeCompleted");
    this.info = info;
    this.#handshakeAction?.(this);
  }
}

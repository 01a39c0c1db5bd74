/** A child process that receives datagrams on 127.0.0.1: the other host of a loopback run. */
import { BunReactor } from "pretzel";
import { offer } from "../child-process.ts";
import { DatagramReceiver } from "./datagram-receiver.ts";

/** What the process offers. */
export interface ReceiverCalls {
  /** Listens; returns the control port. */
  listen(): Promise<number>;
}

/** The script to start. */
export const RECEIVER_SCRIPT = import.meta.path;

if (import.meta.main) {
  const receiver = new DatagramReceiver(new BunReactor());
  offer<ReceiverCalls>({ listen: () => receiver.listen("127.0.0.1", 0) });
}

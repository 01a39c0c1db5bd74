import type { ReceiverReport } from "./control-message.ts";

/** What the sender knows of a run, in datagrams. */
export interface SenderCount {
  /** Written by the program. */
  readonly written: number;
  /** Taken by the system. */
  readonly sent: number;
}

/** Where the datagrams of a run were lost, each counted once. */
export interface DatagramLoss {
  /** Dropped or refused before they left the sender. */
  readonly notSent: number;
  /** Thrown away by the receiver's transport, or in the kernel at its request. */
  readonly shed: number;
  /** Found no room in the receiving socket. */
  readonly socketDrops: number;
  /** On the way, or where nobody counts. */
  readonly unknown: number;
}

/**
 * Accounts for every datagram that was written and not received. While the transport sheds, the
 * kernel's count of drops rises too: what is shed is taken out of it.
 */
export function accountForLoss(sender: SenderCount, report: ReceiverReport): DatagramLoss {
  const lost = Math.max(0, sender.sent - report.received);
  const shed = Math.min(lost, report.shed);
  const socketDrops = Math.min(lost - shed, report.socketDrops ?? 0);
  return {
    notSent: sender.written - sender.sent,
    shed,
    socketDrops,
    unknown: lost - shed - socketDrops,
  };
}

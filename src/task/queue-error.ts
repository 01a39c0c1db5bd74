/** Something was put into a queue that is full, or joined a line that is as long as it may be. */
export class QueueOverflow extends Error {
  override readonly name = "QueueOverflow";
}

/** Something was asked of an empty queue for which as many wait already as may. */
export class QueueUnderflow extends Error {
  override readonly name = "QueueUnderflow";
}

/** A queue was used after `close`, or closed while somebody waited for it. */
export class QueueClosed extends Error {
  override readonly name = "QueueClosed";
}

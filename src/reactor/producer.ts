/** Something that fills a transport by itself and can be told to wait. */
export interface Producer extends PullProducer {
  /** Stop writing until `resumeProducing`. */
  pauseProducing(): void;
}

/** Something that writes a piece each time it is asked. */
export interface PullProducer {
  /** Write on; a pull producer writes one piece. */
  resumeProducing(): void;
  /** The connection has ended: write no more. Called at most once, before `connectionLost`. */
  stopProducing(): void;
}

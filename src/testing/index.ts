/** The doubles that tests of protocols are written with; `pretzel/testing` in the package. */
export { type ChunkingOptions, chunkings } from "./chunkings.ts";
export { type ConnectedPair, type ConnectedPairOptions, connectedPair } from "./connected-pair.ts";
export { ManualClock, type ManualClockOptions } from "./manual-clock.ts";
export { MemoryDatagramTransport } from "./memory-datagram-transport.ts";
export type { MemoryLinkOptions } from "./memory-driver.ts";
export { type LogReport, MemoryLogger } from "./memory-logger.ts";
export { MemoryReactor, type MemoryReactorOptions } from "./memory-reactor.ts";
export { MemoryTransport, type MemoryTransportOptions } from "./memory-transport.ts";
export { SeededRandom } from "./seeded-random.ts";

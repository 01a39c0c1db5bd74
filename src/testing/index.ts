/** The doubles that tests of protocols are written with; `pretzel/testing` in the package. */
export { type ChunkingOptions, chunkings } from "./chunkings.ts";
export { type ConnectedPair, type ConnectedPairOptions, connectedPair } from "./connected-pair.ts";
export { type Exploration, ExplorationError, explore, type ExploreOptions } from "./explore.ts";
export { FAULT_KINDS, type FaultKind } from "./fault-kind.ts";
export { ManualClock, type ManualClockOptions } from "./manual-clock.ts";
export { MemoryDatagramTransport } from "./memory-datagram-transport.ts";
export type { MemoryLinkOptions } from "./memory-driver.ts";
export { type LogReport, MemoryLogger } from "./memory-logger.ts";
export { MemoryReactor, type MemoryReactorOptions } from "./memory-reactor.ts";
export { MemoryTransport, type MemoryTransportOptions } from "./memory-transport.ts";
export { SeededRandom } from "./seeded-random.ts";
export { simulate } from "./simulate.ts";
export {
  type Scenario,
  SimulatedNetwork,
  type SimulatedNetworkOptions,
} from "./simulated-network.ts";
export type { PartitionDirection } from "./simulated-outages.ts";
export type { SimulationOptions } from "./simulation-options.ts";
export { BrokenInvariant, type SimulationResult } from "./simulation-result.ts";
export type { Decision } from "./schedule.ts";

import type { Benchmark } from "./benchmark.ts";
import { CONNECTION_CHURN } from "./connection-churn/connection-churn.ts";
import { DISPATCH_OVERHEAD } from "./dispatch-overhead/dispatch-overhead.ts";
import { FLOOD_STALL } from "./flood-stall/flood-stall.ts";
import { IDLE_CONNECTIONS } from "./idle-connections/idle-connections.ts";
import { MICRO_DISPATCH } from "./micro/dispatch.ts";
import { MICRO_FRAMING } from "./micro/framing.ts";
import { MICRO_TIMERS } from "./micro/timers.ts";
import { MICRO_WRITE_QUEUE } from "./micro/write-queue.ts";
import { SEND_STRATEGIES_BENCHMARK } from "./send-strategies/send-strategies.ts";
import { SIMULATION } from "./simulation/simulation.ts";
import { UDP_ECHO } from "./udp-echo/udp-echo.ts";
import { UDP_THROUGHPUT } from "./udp-throughput/udp-throughput.ts";

/** Every benchmark there is, in the order they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  SEND_STRATEGIES_BENCHMARK,
  UDP_THROUGHPUT,
  UDP_ECHO,
  DISPATCH_OVERHEAD,
  IDLE_CONNECTIONS,
  CONNECTION_CHURN,
  FLOOD_STALL,
  MICRO_DISPATCH,
  MICRO_WRITE_QUEUE,
  MICRO_TIMERS,
  MICRO_FRAMING,
  SIMULATION,
];

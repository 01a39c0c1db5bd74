import { BACKOFF_POLICY } from "./groups/backoff.ts";
import { CLIENT_SERVICE } from "./groups/client-service.ts";
import { CLOCK } from "./groups/clock.ts";
import { CONNECTION_LIMIT } from "./groups/connection-limit.ts";
import { ENDPOINT_CLIENT, ENDPOINT_SERVER } from "./groups/endpoint-descriptions.ts";
import { ENDPOINT_PARSE, ENDPOINT_QUOTE } from "./groups/endpoint-strings.ts";
import { HAPPY_EYEBALLS } from "./groups/happy-eyeballs.ts";
import { TIMEOUT_MIXIN } from "./groups/idle-timeout.ts";
import { IS_IPV4, IS_IPV6 } from "./groups/ip-address.ts";
import { LOOPING_CALL } from "./groups/looping-call.ts";
import { PRODUCER } from "./groups/producer.ts";
import { PROXY_HEADER } from "./groups/proxy-header.ts";
import { PROXY_STREAM } from "./groups/proxy-stream.ts";
import { QUEUE } from "./groups/queue.ts";
import { RECEIVER_GROUPS } from "./groups/receivers.ts";
import { SEMAPHORE } from "./groups/semaphore.ts";
import { SEND_STRING } from "./groups/send-string.ts";
import { STATEFUL_PROTOCOL, STATEFUL_STRING } from "./groups/stateful.ts";
import { SYSTEM_EVENT } from "./groups/system-event.ts";
import { THROTTLING } from "./groups/throttling.ts";
import { TOKEN_BUCKET } from "./groups/token-bucket.ts";
import { WIRE_GROUPS } from "./groups/wire.ts";
import { NotationError } from "./notation/place.ts";
import type { JSONVector, VectorGroup } from "./vector-group.ts";

/** Every group of vectors that there is. */
export const ALL_GROUPS: readonly VectorGroup[] = [
  ...RECEIVER_GROUPS,
  SEND_STRING,
  STATEFUL_STRING,
  STATEFUL_PROTOCOL,
  ENDPOINT_PARSE,
  ENDPOINT_QUOTE,
  ENDPOINT_SERVER,
  ENDPOINT_CLIENT,
  IS_IPV4,
  IS_IPV6,
  PROXY_HEADER,
  PROXY_STREAM,
  CLOCK,
  LOOPING_CALL,
  TIMEOUT_MIXIN,
  THROTTLING,
  CONNECTION_LIMIT,
  TOKEN_BUCKET,
  BACKOFF_POLICY,
  SYSTEM_EVENT,
  QUEUE,
  SEMAPHORE,
  ...WIRE_GROUPS,
  PRODUCER,
  HAPPY_EYEBALLS,
  CLIENT_SERVICE,
];

const BY_NAME: ReadonlyMap<unknown, VectorGroup> = new Map(
  ALL_GROUPS.map((group) => [group.name, group]),
);

/** The group of a vector. @throws {NotationError} when there is no such group */
export function groupOf({ id, group }: JSONVector): VectorGroup {
  const found = BY_NAME.get(group);
  if (found !== undefined) return found;
  const known = [...BY_NAME.keys()].join(", ");
  throw new NotationError(`${id}: group is ${JSON.stringify(group)}: known are ${known}`);
}

import { EndpointParseError } from "./endpoint-parse-error.ts";
import type { SystemdDescription } from "./server-description.ts";

/** The first descriptor that a service manager passes: after the standard ones. */
const FIRST_DESCRIPTOR = 3;

/** A process's environment, of which LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES matter here. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The descriptor of a socket that the service manager opened for this process, as
 * sd_listen_fds_with_names(3) finds it.
 *
 * @throws {EndpointParseError} when there is no such socket, or the sockets are not for `pid`
 */
export function systemdDescriptor(
  { socket, place }: SystemdDescription,
  environment: Environment,
  pid: number,
): number {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = "" } = environment;
  if (LISTEN_FDS === undefined) {
    throw new EndpointParseError(place, "LISTEN_FDS is not set: no service manager passed sockets");
  }
  if (LISTEN_PID !== String(pid)) {
    const whose = LISTEN_PID === undefined ? "is not set" : `is ${LISTEN_PID}`;
    throw new EndpointParseError(place, `LISTEN_PID ${whose}: the sockets are not for ${pid}`);
  }
  const count = /^\d{1,6}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : Number.NaN;
  if (Number.isNaN(count)) {
    throw new EndpointParseError(place, `LISTEN_FDS is "${LISTEN_FDS}" and no number`);
  }
  const names = LISTEN_FDNAMES === "" ? [] : LISTEN_FDNAMES.split(":");
  const index = "name" in socket ? names.slice(0, count).indexOf(socket.name) : socket.index;
  if (index === -1) {
    const known = names.length === 0 ? "none has a name" : `they are called ${names.join(", ")}`;
    throw new EndpointParseError(place, `no socket has this name among ${count}: ${known}`);
  }
  if (index < count) return FIRST_DESCRIPTOR + index;
  throw new EndpointParseError(
    place,
    `there is no socket ${index}: ${count} were passed, from 0 on`,
  );
}

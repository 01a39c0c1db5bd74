import { InternetAddress } from "../reactor/address.ts";
import { addressFamily } from "../reactor/ip-address.ts";

/** How a socket takes its address. */
interface BindOptions {
  readonly reusePort?: boolean | undefined;
  readonly ipv6Only?: boolean | undefined;
}

/** The range that Linux and IANA give out by themselves. */
const FIRST_FREE_PORT = 49_152;
const LAST_FREE_PORT = 65_535;

/** A system's refusal, with the name that a system gives it. */
export function systemError(code: string, detail: string): Error & { readonly code: string } {
  return Object.assign(new Error(`${code}: ${detail}`), { code });
}

/** Which addresses of a host are taken, and by whom: one table for TCP, another for UDP. */
export class MemoryAddresses<Owner> {
  readonly #kind: "tcp" | "udp";
  readonly #localHosts: ReadonlySet<string>;
  readonly #bindings: Binding<Owner>[] = [];
  #nextFreePort = FIRST_FREE_PORT;

  /** @param localHosts addresses that this host has besides 127.0.0.0/8 and ::1 */
  constructor(kind: "tcp" | "udp", localHosts: ReadonlySet<string>) {
    this.#kind = kind;
    this.#localHosts = localHosts;
  }

  /**
   * Takes `host` and `port` for `owner`; port 0 takes one that is free.
   *
   * @throws {Error} with the code EADDRINUSE or EADDRNOTAVAIL
   */
  bind(host: string, port: number, owner: Owner, options: BindOptions = {}): InternetAddress {
    if (!this.isLocal(host)) throw systemError("EADDRNOTAVAIL", `${host} is no address of ours`);
    const real = port === 0 ? this.#freePort(host) : port;
    const wanted = new Binding(host, real, owner, options);
    if (this.#bindings.some((binding) => binding.excludes(wanted))) {
      throw systemError("EADDRINUSE", `${host} port ${port} is taken`);
    }
    this.#bindings.push(wanted);
    return new InternetAddress(this.#kind, host, real);
  }

  /** Gives back what `owner` had taken. */
  unbind(owner: Owner): void {
    const index = this.#bindings.findIndex((binding) => binding.owner === owner);
    if (index !== -1) this.#bindings.splice(index, 1);
  }

  /**
   * Who has this address: somebody with exactly this host before somebody with a wildcard. Those
   * who share a port are given in turn.
   */
  find(host: string, port: number): Owner | undefined {
    const matching = this.#bindings.filter((each) => each.port === port && each.covers(host));
    const found = matching.find((each) => each.host === host) ?? matching[0];
    if (found === undefined) return undefined;
    // To the end, so that the next one comes to whoever shares it.
    this.#bindings.splice(this.#bindings.indexOf(found), 1);
    this.#bindings.push(found);
    return found.owner;
  }

  /** All who have the port, whatever their host. */
  all(port: number): Owner[] {
    return this.#bindings.filter((each) => each.port === port).map(({ owner }) => owner);
  }

  isLocal(host: string): boolean {
    if (host.startsWith("127.") || host === "::1" || isWildcard(host)) return true;
    return this.#localHosts.has(host);
  }

  /** A port of `host` that nobody has: the next one, and after the last the first again. */
  #freePort(host: string): number {
    for (let tried = FIRST_FREE_PORT; tried <= LAST_FREE_PORT; tried++) {
      const port = this.#nextFreePort;
      this.#nextFreePort = port === LAST_FREE_PORT ? FIRST_FREE_PORT : port + 1;
      if (!this.#bindings.some((each) => each.port === port)) return port;
    }
    throw systemError("EADDRINUSE", `every port of ${host} is taken`);
  }
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

class Binding<Owner> {
  readonly host: string;
  readonly port: number;
  readonly owner: Owner;
  readonly #reusePort: boolean;
  readonly #ipv6Only: boolean;

  constructor(host: string, port: number, owner: Owner, options: BindOptions) {
    this.host = host;
    this.port = port;
    this.owner = owner;
    this.#reusePort = options.reusePort === true;
    this.#ipv6Only = options.ipv6Only === true;
  }

  /** Whether what is sent to `host` comes here. */
  covers(host: string): boolean {
    if (this.host === host) return true;
    if (this.host === "0.0.0.0") return addressFamily(host) === "IPv4";
    if (this.host !== "::") return false;
    return addressFamily(host) === "IPv6" || !this.#ipv6Only;
  }

  /** Whether the two cannot both be there. */
  excludes(other: Binding<Owner>): boolean {
    if (this.port !== other.port || (this.#reusePort && other.#reusePort)) return false;
    return this.covers(other.host) || other.covers(this.host);
  }
}

import { type SocketKind, socketDomainAndType } from "../native/socket-descriptor.ts";

/**
 * Checks that a descriptor to adopt is a listening stream socket of one of `domains`.
 *
 * @throws {TypeError} when it is not
 */
export function requireListening(fd: number, domains: readonly SocketKind["domain"][]): void {
  const { type, listening, domain } = socketDomainAndType(fd);
  if (type === "stream" && listening && domains.includes(domain)) return;
  const found = `${listening ? "a" : "not a"} listening ${domain} ${type} socket`;
  const needed = `a listening stream socket of ${domains.join(" or ")}`;
  throw new TypeError(`descriptor ${fd} is ${found}: ${needed} is needed`);
}

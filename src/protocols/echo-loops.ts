/**
 * Two services that answer every datagram answer each other for ever, once somebody has sent one of
 * them a datagram in the name of the other (CVE-1999-0103, CVE-2024-2169). So services answer
 * clients only, and tell them by their port. Martian senders, such as broadcast addresses, are
 * dropped by the kernel.
 */
import type { InternetAddress } from "../reactor/address.ts";

/** Decides whom a datagram service may answer; what others send is dropped without a word. */
export type AnswerRule = (peer: InternetAddress) => boolean;

/**
 * The last of the system ports (RFC 6335 section 6), which hold echo (7), daytime (13), quote of
 * the day (17), chargen (19), time (37), DNS (53), TFTP (69) and NTP (123). Clients get higher
 * ports from their systems.
 */
const LAST_SYSTEM_PORT = 1_023;

/** NFS: the service above the system ports that other inetd programs refuse to answer, too. */
const NFS_PORT = 2_049;

/**
 * Whether `peer` has a port that clients have, and not services. The rule of the datagram services
 * here unless they are given another.
 */
export function isClient(peer: InternetAddress): boolean {
  return peer.port > LAST_SYSTEM_PORT && peer.port !== NFS_PORT;
}

/**
 * The rule for a program that has services on other ports, too: it answers clients, but none of
 * these ports, on whatever host.
 */
export function clientsExcept(servicePorts: Iterable<number>): AnswerRule {
  const ports = new Set(servicePorts);
  return (peer) => isClient(peer) && !ports.has(peer.port);
}

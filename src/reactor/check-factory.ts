import { shown } from "./check-options.ts";
import { hasMethods } from "./has-methods.ts";

/**
 * Has refused what makes no protocols, and says what to write instead. It asks for methods, not for
 * the class, so that a factory of another copy of this library will do.
 *
 * @param place who takes it, such as `listenTCP`
 * @throws {TypeError} when it is no factory
 */
export function checkFactory(place: string, factory: unknown): void {
  if (hasMethods(factory, "admit", "dismiss", "buildStack", "doStart", "doStop")) return;
  const needed = hasMethods(classPrototype(factory), "makeConnection")
    ? `Factory.forProtocol(${(factory as { readonly name: string }).name})`
    : "a Factory";
  throw new TypeError(`${place}: the factory is ${shown(factory)}; ${needed} is needed`);
}

/**
 * Has refused what does not serve a UDP port.
 *
 * @param place who takes it, such as `listenUDP`
 * @throws {TypeError} when it is no datagram protocol
 */
export function checkDatagramProtocol(place: string, protocol: unknown): void {
  if (hasMethods(protocol, "makeConnection", "datagramReceived", "stopProtocol")) return;
  const needed = hasMethods(classPrototype(protocol), "datagramReceived")
    ? `new ${(protocol as { readonly name: string }).name}()`
    : "a DatagramProtocol";
  throw new TypeError(`${place}: the protocol is ${shown(protocol)}; ${needed} is needed`);
}

function classPrototype(value: unknown): unknown {
  return typeof value === "function" ? value.prototype : undefined;
}

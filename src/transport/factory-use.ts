/**
 * What a port or a connect asks of its factory, with what that throws logged: nobody else is to
 * suffer for it, and what ends must end all the same.
 */
import type { Address } from "../reactor/address.ts";
import { classNameOf } from "../reactor/class-name.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";

/** Whether `factory` admits a connection with `peer`; one that fails refuses it. */
export function admits<P extends Protocol>(
  factory: Factory<P>,
  peer: Address,
  logger: Logger,
): boolean {
  try {
    return factory.admit(peer);
  } catch (error) {
    logger.error(`admit of ${classNameOf(factory)} failed for ${peer}, which is refused`, error);
    return false;
  }
}

/** The reverse of `admits`, for one that was. */
export function dismiss<P extends Protocol>(
  factory: Factory<P>,
  peer: Address,
  logger: Logger,
): void {
  try {
    factory.dismiss(peer);
  } catch (error) {
    logger.error(`dismiss of ${classNameOf(factory)} failed for ${peer}`, error);
  }
}

/** The reverse of `factory.doStart()`. */
export function endFactoryUse<P extends Protocol>(factory: Factory<P>, logger: Logger): void {
  try {
    factory.doStop();
  } catch (error) {
    logger.error(`stopFactory of ${classNameOf(factory)} failed`, error);
  }
}

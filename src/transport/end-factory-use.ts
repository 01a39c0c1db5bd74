import { classNameOf } from "../reactor/class-name.ts";
import type { Factory } from "../reactor/factory.ts";
import type { Logger } from "../reactor/logger.ts";
import type { Protocol } from "../reactor/protocol.ts";

/**
 * The reverse of `factory.doStart()`. What its `stopFactory` throws is logged: a port or a
 * connection that ends has nobody else to tell, and must end all the same.
 */
export function endFactoryUse<P extends Protocol>(factory: Factory<P>, logger: Logger): void {
  try {
    factory.doStop();
  } catch (error) {
    logger.error(`stopFactory of ${classNameOf(factory)} failed`, error);
  }
}

import { admissionContract } from "./admission-contract.ts";
import { closingContract } from "./closing-contract.ts";
import { connectingContract } from "./connecting-contract.ts";
import { connectionContract } from "./connection-contract.ts";
import type { ContractSkips, MakeEnvironment } from "./contract-environment.ts";
import { datagramContract } from "./datagram-contract.ts";
import { flowContract } from "./flow-contract.ts";
import { lifeContract, timerContract } from "./life-contract.ts";
import { optionsContract } from "./options-contract.ts";
import { portContract } from "./port-contract.ts";
import { stoppingContract } from "./stopping-contract.ts";

/**
 * Declares the tests of everything that a `Reactor` promises, for one kind of reactor. They use the
 * interface alone; what only a real network can show has tests of its own.
 *
 * @param skips why some tests are not run, by title
 */
export function reactorContract(name: string, make: MakeEnvironment, skips: ContractSkips = {}) {
  connectionContract(name, make, skips);
  closingContract(name, make, skips);
  flowContract(name, make, skips);
  connectingContract(name, make, skips);
  portContract(name, make, skips);
  admissionContract(name, make, skips);
  lifeContract(name, make, skips);
  stoppingContract(name, make, skips);
  timerContract(name, make, skips);
  datagramContract(name, make, skips);
  optionsContract(name, make, skips);
}

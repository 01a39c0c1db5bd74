/** A command did not work out, for a reason that its message tells in full. Ends the program. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

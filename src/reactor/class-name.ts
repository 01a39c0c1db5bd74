/** What an object is called in messages: its class, which may have no name. */
export function classNameOf(object: object | null): string {
  return object?.constructor?.name || "a class without a name";
}

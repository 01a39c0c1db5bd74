/** What an object is called in messages: its class, which may have no name. Never throws. */
export function classNameOf(object: object | null): string {
  try {
    return object?.constructor?.name || "a class without a name";
  } catch {
    return "an object that throws when it is looked at";
  }
}

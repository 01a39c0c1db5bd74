/** Another seed each time; `explore` says which it was when it finds something. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

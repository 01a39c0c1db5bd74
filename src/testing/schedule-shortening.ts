/** A list that is as short as it could be made, and how many tries that took. */
interface Shortened {
  readonly items: readonly string[];
  readonly tries: number;
}

/**
 * Takes out of `items` whatever is not needed for `stillFails`: large parts first, then smaller
 * ones, down to single items (delta debugging). What is left fails, and every item of it is needed,
 * unless the tries ran out before that was known.
 *
 * @param stillFails whether a shorter list does what `items` does
 */
export function shortened(
  items: readonly string[],
  maxTries: number,
  stillFails: (items: readonly string[]) => boolean,
): Shortened {
  let tries = 0;
  const fails = (candidate: readonly string[]) => tries++ < maxTries && stillFails(candidate);
  if (items.length > 0 && fails([])) return { items: [], tries };
  let left = items;
  let part = Math.ceil(left.length / 2);
  while (left.length > 1 && tries < maxTries) {
    const shorter = withoutParts(left, part, fails);
    if (shorter !== null) {
      left = shorter;
      part = Math.min(part, Math.ceil(left.length / 2));
    } else if (part === 1) {
      break;
    } else {
      part = Math.ceil(part / 2);
    }
  }
  return { items: left, tries: Math.min(tries, maxTries) };
}

/** `items` without as many of its parts of length `part` as can be; null when all are needed. */
function withoutParts(
  items: readonly string[],
  part: number,
  fails: (items: readonly string[]) => boolean,
): readonly string[] | null {
  let left = items;
  for (let start = 0; start < left.length;) {
    const candidate = left.toSpliced(start, part);
    if (candidate.length > 0 && fails(candidate)) left = candidate;
    else start += part;
  }
  return left === items ? null : left;
}

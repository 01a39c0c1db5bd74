const CTIME = /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} (?: \d|\d\d) \d\d:\d\d:\d\d \d{4}$/;

/** A time in the form of ctime(3), in UTC, as seconds since 1970. @throws {Error} otherwise */
export function secondsOfCtime(text: string): number {
  if (!CTIME.test(text)) throw new Error(`${JSON.stringify(text)} is not what ctime writes`);
  return Date.parse(`${text} UTC`) / 1_000;
}

/** The seconds since 1970, cut as ctime does. */
export function secondsNow(): number {
  return Math.floor(Date.now() / 1_000);
}

/** The exit statuses of the program; the numbers above 63 are those of BSD's sysexits. */
export const EXIT_STATUS = {
  success: 0,
  /** It was understood and did not work out. */
  failure: 1,
  /** The command line is wrong (EX_USAGE). */
  usage: 64,
} as const;

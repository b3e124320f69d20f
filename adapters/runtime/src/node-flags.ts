/**
 * How a light Node process is started: a young generation of one megabyte (the default of sixteen
 * fills up before it is ever collected), and no warning on a terminal that nobody reads.
 */
export const plainNodeFlags: readonly string[] = ["--max-semi-space-size=1", "--no-warnings"];

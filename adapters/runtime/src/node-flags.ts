/**
 * How a sidecar is started: a young generation of one megabyte (the default of sixteen fills up
 * before it is ever collected), garbage
 * collected when it says so, and no warning on a terminal that nobody reads.
 */
export const sidecarNodeFlags: readonly string[] = [
  "--max-semi-space-size=1",
  "--v8-pool-size=1",
  "--expose-gc",
  "--no-warnings",
];

/** glibc else keeps memory apart for each thread; and one thread is enough to read a device. */
export const sidecarEnvironment = { MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "2" };

/**
 * How a sidecar is started: a young generation of one megabyte (the default of sixteen fills up
 * before it is ever collected), one thread of V8's instead of four, garbage collected when the
 * sidecar says so, and no warning on a terminal that nobody reads. Ten idle sidecars have 17 MB
 * each (PSS), 14 of them their own, with or without these; `--optimize-for-size`,
 * `--single-threaded-gc` and `--jitless` change nothing either.
 */
export const sidecarNodeFlags: readonly string[] = [
  "--max-semi-space-size=1",
  "--v8-pool-size=1",
  "--expose-gc",
  "--no-warnings",
];

/** glibc else keeps memory apart for each thread; and nothing in a sidecar waits in a thread. */
export const sidecarEnvironment = { MALLOC_ARENA_MAX: "1", UV_THREADPOOL_SIZE: "1" };

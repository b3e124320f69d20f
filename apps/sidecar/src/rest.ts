/** How often it is looked whether there is nothing to do, in milliseconds. */
const lookMs = 10_000;
/** Processor time below which a sidecar had nothing to do in such a span, in microseconds. */
const idleMicrosMax = 100_000;

/**
 * Gives memory back when there is nothing to do after there was: a burst leaves buffers and a heap
 * that nobody needs any more, and that V8 would keep until the next one.
 *
 * @param returnMemory - Gives what the C library keeps back to the kernel.
 */
export function restWhenIdle(returnMemory: () => void): void {
  let last = process.cpuUsage();
  let hasWorked = true;
  setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    const isIdle = user + system < idleMicrosMax;
    if (isIdle && hasWorked) {
      globalThis.gc?.();
      returnMemory();
    }
    hasWorked = !isIdle;
  }, lookMs).unref();
}

import type { NodeHealth } from "@beemesh/machine";

/** What a disk's condition is judged by. */
export interface DiskReading {
  readonly path: string;
  /** Why the last write failed; empty if it did not. */
  readonly failure: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Space that is kept for the machine's own records while users' writes are refused already. */
const reserveBytesMax = 64 * 1024 * 1024;
/** Of a small disk the reserve is this part. */
const reserveShare = 1 / 20;

/**
 * What is wrong with the disk, and what to do; empty if nothing is.
 *
 * @param isInTrouble - Whether it was in trouble before: then there must be twice the reserve
 *   before it counts as well again, so that the condition does not flap.
 */
export function diskTrouble(reading: DiskReading, isInTrouble: boolean): string {
  const { path, failure, freeBytes, totalBytes } = reading;
  const remedy = `free space in ${path}; the machine then goes on by itself`;
  if (failure !== "") return `${failure}: ${remedy}`;
  const reserve = Math.min(reserveBytesMax, totalBytes * reserveShare);
  if (freeBytes >= (isInTrouble ? 2 * reserve : reserve)) return "";
  return `less than ${mebibytes(reserve)} MiB of ${mebibytes(totalBytes)} are left: ${remedy}`;
}

/**
 * What is wrong with the wall clock; empty if nothing is.
 *
 * @param offsetMs - What must be added to this machine's clock to get the mesh's.
 */
export function clockTrouble(offsetMs: number): string {
  if (offsetMs === 0) return "";
  const direction = offsetMs > 0 ? "behind" : "ahead of";
  const away = duration(Math.abs(offsetMs));
  return `this machine's clock is ${away} ${direction} the mesh's: set it, or let NTP set it`;
}

/** Whether the machine can do its work. A wrong clock is told, and lived with. */
export function isWell(health: NodeHealth): boolean {
  return health.runtime === "" && health.disk === "";
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 1 : 0);
}

/** A duration for people, in its largest unit. */
function duration(ms: number): string {
  const units = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ] as const;
  const [name, size] = units.find(([, length]) => ms >= 2 * length) ?? ["second", 1000];
  return `${Math.floor(ms / size)} ${name}s`;
}

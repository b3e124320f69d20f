import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { ContainerPlan } from "@beemesh/ports";
import type { LogLine } from "./log.ts";

/** What is kept of what a container writes about its end, as kubelet has it: the last bytes. */
const messageBytesMax = 4096;

/** What is taken of a log instead, as kubelet has it. */
const logBytesMax = 2048;
const logLinesMax = 80;

/** Read at the end of a log: its lines may be short, and each has its time before it. */
const tailBytesMax = 32 * 1024;

/** How a log's lines are read. */
export type DecodeLine = (bytes: Buffer) => Pick<LogLine, "text" | "whole"> | undefined;

/**
 * Makes the file that a container writes about its end to. Any user may write it; the folder above
 * is closed, so that only the container that mounts it can.
 *
 * @param path - Where it stands; beside it stands, for the next life of the daemon, whether the log
 *   is looked at if it stays empty.
 */
export function prepareLastWords(
  path: string,
  { fallsBackToLogs }: Pick<NonNullable<ContainerPlan["termination"]>, "fallsBackToLogs">,
): void {
  writeFileSync(path, "");
  chmodSync(path, 0o666);
  if (fallsBackToLogs) writeFileSync(fallbackPath(path), "");
  else rmSync(fallbackPath(path), { force: true });
}

/**
 * What a container has said about its end: in the file that is for that, or, if its plan said so
 * and it failed, in its log. Empty if there is nothing.
 *
 * Source: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
 */
export function lastWords(
  path: string,
  exitCode: number,
  log: { readonly path: string; readonly decode: DecodeLine },
): string {
  const message = endOf(path, messageBytesMax).toString();
  if (message !== "" || exitCode === 0 || !existsSync(fallbackPath(path))) return message;
  const lines: Buffer[] = [];
  let whole = 0;
  for (const bytes of linesOf(endOf(log.path, tailBytesMax)).toReversed()) {
    const line = log.decode(bytes);
    if (line === undefined) continue;
    if (line.whole) whole += 1;
    if (whole > logLinesMax) break;
    lines.unshift(line.whole ? Buffer.concat([line.text, lineFeed]) : line.text);
  }
  const text = Buffer.concat(lines);
  return text.subarray(Math.max(0, text.length - logBytesMax)).toString();
}

const lineFeed = Buffer.from("\n");

function fallbackPath(path: string): string {
  return `${path}.logs`;
}

/** What stands between line feeds, and behind the last one if anything does. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(10, start);
    const end = feed < 0 ? bytes.length : feed;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** The last bytes of a file; none if it is not there. */
function endOf(path: string, bytesMax: number): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, bytesMax));
    const count = readSync(file, bytes, 0, bytes.length, Math.max(0, size - bytesMax));
    return bytes.subarray(0, count);
  } finally {
    closeSync(file);
  }
}

import type { LogLine } from "./log.ts";

/**
 * Reads one line of the log format that container engines share:
 * `2026-11-20T10:42:48.343572539Z stdout F text`, where `P` stands for a piece of a line.
 *
 * Source: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export function decodeKubeLog(bytes: Buffer): LogLine | undefined {
  const first = bytes.indexOf(32);
  const second = bytes.indexOf(32, first + 1);
  if (first < 0 || second < 0) return undefined;
  const tag = bytes[second + 1];
  if (tag !== 70 && tag !== 80) return undefined;
  const at = bytes.toString("latin1", 0, first).replace(/\+00:00$/u, "Z");
  const atMs = Date.parse(at.replace(/(\.\d{3})\d+/u, "$1"));
  if (Number.isNaN(atMs)) return undefined;
  return { at, atMs, text: Buffer.from(bytes.subarray(second + 3)), whole: tag === 70 };
}

/**
 * The first line of a connection to a machine's workload port: for which pod's sidecar it is. What
 * follows is TLS between the two sidecars, which the machine hands over unread:
 *
 *     beemesh/workload/1 3f0d9c1e-…\n
 */
const preamblePattern = /^beemesh\/workload\/1 ([A-Za-z0-9][A-Za-z0-9-]{0,63})$/u;

/** Bytes of a preamble, its newline included. */
export const preambleBytesMax = 96;

/** The line that asks for the sidecar of a pod. */
export function preambleOf(uid: string): string {
  return `beemesh/workload/1 ${uid}\n`;
}

/** The uid that a line (without its newline) asks for; undefined if it is no preamble. */
export function readPreamble(line: string): string | undefined {
  return line.length < preambleBytesMax ? preamblePattern.exec(line)?.[1] : undefined;
}

import type { SeenNode, SeenPod } from "./pods.ts";

/** A table of machines and pods for a terminal: two blocks, aligned, one line each. */
export function drawBoard(nodes: readonly SeenNode[], pods: readonly SeenPod[]): string {
  const machines = nodes.map(({ name, isReady, address, runtime }) => [
    name,
    isReady ? "Ready" : "NotReady",
    address,
    runtime,
    `${pods.filter(({ node }) => node === name).length} pods`,
  ]);
  const work = pods.map((pod) => [
    `${pod.namespace}/${pod.name}`,
    pod.isDeleting ? "Terminating" : pod.isReady ? "Ready" : pod.phase,
    pod.node === "" ? "<none>" : pod.node,
    `${pod.restarts} restarts`,
  ]);
  return [
    ...align([["MACHINE", "STATUS", "ADDRESS", "RUNTIME", "LOAD"], ...machines]),
    "",
    ...align([["POD", "STATUS", "MACHINE", "RESTARTS"], ...work]),
  ].join("\n");
}

/** Pads each column to its widest cell. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}

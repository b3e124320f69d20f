/**
 * Rows of what offers devices and what asks for them; classes and templates have none of their own.
 *
 * Source: k8s.io/kubernetes, pkg/printers/internalversion, printResourceClaim, printResourceSlice.
 */
import { ageColumn, column, nameColumn, nameOf, objectAge } from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, listAt, textAt } from "./field.ts";

export const deviceClaimPrinter: Printer = {
  columns: [nameColumn, column("State", "Whether it has devices, and a user."), ageColumn],
  cells: (claim, nowMs) => [nameOf(claim), stateOf(claim), objectAge(claim, nowMs)],
};

function stateOf(claim: unknown): string {
  const isLeaving = textAt(claim, "metadata", "deletionTimestamp") !== "";
  const states = isLeaving ? ["deleted"] : [];
  if (fieldAt(claim, "status", "allocation") !== undefined) {
    const isReserved = listAt(claim, "status", "reservedFor").length > 0;
    states.push("allocated", ...(isReserved ? ["reserved"] : []));
  } else if (!isLeaving) states.push("pending");
  return states.join(",");
}

export const deviceSlicePrinter: Printer = {
  columns: [
    nameColumn,
    column("Node", "Whose devices these are, if they are one machine's."),
    column("Driver", "Who offers them."),
    column("Pool", "Of which they are a part."),
    ageColumn,
  ],
  cells: (slice, nowMs) => [
    nameOf(slice),
    textAt(slice, "spec", "nodeName") || "<unset>",
    textAt(slice, "spec", "driver"),
    textAt(slice, "spec", "pool", "name"),
    objectAge(slice, nowMs),
  ],
};

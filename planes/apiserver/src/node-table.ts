import { ageColumn, column, nameColumn, nameOf, objectAge, wideColumn } from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, listAt, textAt, textsAt } from "./field.ts";

export const nodePrinter: Printer = {
  columns: [
    nameColumn,
    column("Status", "Whether the machine answers and takes pods."),
    column("Roles", "Roles of the machine."),
    ageColumn,
    column("Version", "Version of the program on the machine."),
    wideColumn("Internal-IP", "Address inside the machine's network."),
    wideColumn("External-IP", "Address outside the machine's network."),
    wideColumn("OS-Image", "Operating system."),
    wideColumn("Kernel-Version", "Kernel."),
    wideColumn("Container-Runtime", "What runs containers there."),
  ],
  cells: (node, nowMs) => [
    nameOf(node),
    statusOf(node),
    rolesOf(node),
    objectAge(node, nowMs),
    textAt(node, "status", "nodeInfo", "kubeletVersion"),
    addressOf(node, "InternalIP"),
    addressOf(node, "ExternalIP"),
    infoOf(node, "osImage"),
    infoOf(node, "kernelVersion"),
    infoOf(node, "containerRuntimeVersion"),
  ],
};

function statusOf(node: unknown): string {
  const ready = listAt(node, "status", "conditions").find(
    (condition) => textAt(condition, "type") === "Ready",
  );
  const words = [readinessText(ready)];
  if (fieldAt(node, "spec", "unschedulable") === true) words.push("SchedulingDisabled");
  return words.join(",");
}

function readinessText(ready: unknown): string {
  if (ready === undefined) return "Unknown";
  return textAt(ready, "status") === "True" ? "Ready" : "NotReady";
}

const rolePrefix = "node-role.kubernetes.io/";

function rolesOf(node: unknown): string {
  const roles = Object.entries(textsAt(node, "metadata", "labels")).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === "kubernetes.io/role" ? [value] : [];
  });
  const named = [...new Set(roles.filter((role) => role !== ""))];
  return named.length === 0 ? "<none>" : named.toSorted().join(",");
}

function addressOf(node: unknown, type: string): string {
  const address = listAt(node, "status", "addresses").find(
    (candidate) => textAt(candidate, "type") === type,
  );
  return textAt(address, "address") || "<none>";
}

function infoOf(node: unknown, member: string): string {
  return textAt(node, "status", "nodeInfo", member) || "<unknown>";
}

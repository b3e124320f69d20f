/** Ports of machines that an object asks for, and that no machine opens. */
import { isJsonObject } from "@beemesh/wire";
import { numberAt, objectsAt, textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";

/** One text for each port of a machine that has no effect: machines open ports of TCP alone. */
export function closedPorts({ kind, spec }: KubeObject): readonly string[] {
  if (!isJsonObject(spec)) return [];
  if (kind === "Service") return idle(spec, "spec", opensPorts(textAt(spec, "type")), "nodePort");
  if (kind !== "Pod") return [];
  return objectsAt(spec, "containers").flatMap((container, index) =>
    idle(container, `spec.containers[${index}]`, false, "hostPort"),
  );
}

function opensPorts(type: string): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

/** @param all - Whether each port has one of the machines, or those alone that say so. */
function idle(owner: unknown, path: string, all: boolean, member: string): readonly string[] {
  return objectsAt(owner, "ports").flatMap((port, index) => {
    const protocol = textAt(port, "protocol") || "TCP";
    const asks = all || (numberAt(port, member) ?? 0) > 0;
    const field = `${path}.ports[${index}].${member}`;
    return asks && protocol !== "TCP" ? [`${field}: machines open no ports of ${protocol}`] : [];
  });
}

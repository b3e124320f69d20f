import type { Container, Pod, ResourceRequirements } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import { amountOf } from "./amount.ts";

/** What a pod may learn of itself and its machine. */
export interface DownwardFacts {
  readonly nodeName: string;
  readonly hostIp: string;
  /** Empty while there is no sandbox. */
  readonly podIp: string;
  /** What a container without limits may use. */
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
}

const memberPattern = /^metadata\.(labels|annotations)\['(.+)'\]$/u;

/**
 * The value of a field path of the downward API; undefined if the path names no known field. A
 * label that is not set is empty.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
 */
export function fieldOf(pod: Pod, path: string, facts: DownwardFacts): string | undefined {
  const { metadata, spec } = pod;
  const [, member, key = ""] = memberPattern.exec(path) ?? [];
  if (member === "labels" || member === "annotations") return metadata[member]?.[key] ?? "";
  const fields: Readonly<Record<string, string>> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace ?? "default",
    "metadata.uid": metadata.uid ?? "",
    "metadata.labels": lines(metadata.labels),
    "metadata.annotations": lines(metadata.annotations),
    "spec.nodeName": facts.nodeName,
    "spec.serviceAccountName": spec.serviceAccountName ?? "default",
    "status.podIP": facts.podIp,
    "status.podIPs": facts.podIp,
    "status.hostIP": facts.hostIp,
    "status.hostIPs": facts.hostIp,
  };
  return Object.hasOwn(fields, path) ? fields[path] : undefined;
}

/**
 * The value of a `resourceFieldRef`, in units of its divisor, rounded up: `limits.cpu` in cores,
 * `limits.memory` in bytes. Without a limit it is what the machine has.
 */
export function resourceOf(
  container: Container,
  reference: unknown,
  facts: DownwardFacts,
): string | undefined {
  const { resource, divisor = 1 } = isJsonObject(reference) ? reference : {};
  const [list, name = ""] = typeof resource === "string" ? resource.split(".") : [];
  if (list !== "limits" && list !== "requests") return undefined;
  const amount = amountIn(container.resources, list, name) ?? amountBeyond(list, name, facts);
  if (amount === undefined) return undefined;
  const unit = amountOf(divisor) ?? 0;
  return String(Math.ceil(amount / (unit > 0 ? unit : 1)));
}

/** A request that is not given equals the limit. */
function amountIn(
  { limits, requests }: ResourceRequirements = {},
  list: "limits" | "requests",
  name: string,
): number | undefined {
  const own = list === "limits" ? limits?.[name] : (requests?.[name] ?? limits?.[name]);
  return own === undefined ? undefined : amountOf(own);
}

/** Without a limit a container may use the whole machine; without a request it is promised none. */
function amountBeyond(
  list: "limits" | "requests",
  name: string,
  { cpuMillicores, memoryBytes }: DownwardFacts,
): number | undefined {
  if (list === "requests") return 0;
  const machine: Readonly<Record<string, number>> = {
    cpu: cpuMillicores / 1000,
    memory: memoryBytes,
  };
  return Object.hasOwn(machine, name) ? machine[name] : undefined;
}

function lines(members: Readonly<Record<string, string>> = {}): string {
  return Object.entries(members)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

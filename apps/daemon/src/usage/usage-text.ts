import type { ContainerUsage, MachineUsage, PodUsage } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";

/** A machine runs 110 pods; more than this is no answer of one. */
export const usageLimits = { lengthMax: 1024 * 1024, depthMax: 8 };

/** Pods and containers of one answer: more than any machine takes, for each pod. */
const podsMax = 1024;
const containersMax = 64;

/** Names and uids in Kubernetes are shorter. */
const nameLengthMax = 253;

/** Writes what a machine uses, as it tells others. */
export function writeUsage(usage: MachineUsage): string {
  return JSON.stringify(usage);
}

/**
 * Reads what a machine told of itself.
 *
 * @param text - Untrusted.
 * @param machine - The machine that was asked: nobody speaks for another.
 * @returns Undefined if it is nothing that a machine says.
 */
export function readUsage(text: string, machine: string): MachineUsage | undefined {
  const json = text.length > usageLimits.lengthMax ? undefined : parseJson(text, usageLimits);
  if (!isJsonObject(json) || json["machine"] !== machine) return undefined;
  const wallMs = countOf(json["wallMs"]);
  const windowMs = countOf(json["windowMs"]);
  const amounts = amountsOf(json);
  const pods = listOf(json["pods"], podsMax, podOf);
  if (wallMs === undefined || !windowMs || amounts === undefined) return undefined;
  return pods && { machine, wallMs, windowMs, ...amounts, pods };
}

function podOf(json: JsonObject): PodUsage | undefined {
  const uid = nameOf(json["uid"]);
  const containers = listOf(json["containers"], containersMax, containerOf);
  return uid === undefined || containers === undefined ? undefined : { uid, containers };
}

function containerOf(json: JsonObject): ContainerUsage | undefined {
  const name = nameOf(json["name"]);
  const amounts = amountsOf(json);
  return name === undefined || amounts === undefined ? undefined : { name, ...amounts };
}

function amountsOf(json: JsonObject): Omit<ContainerUsage, "name"> | undefined {
  const cpuNanocores = countOf(json["cpuNanocores"]);
  const memoryBytes = countOf(json["memoryBytes"]);
  if (cpuNanocores === undefined || memoryBytes === undefined) return undefined;
  return { cpuNanocores, memoryBytes };
}

/** All of a list, or nothing: half an answer would be taken for pods that are missing. */
function listOf<Item>(
  json: Json | undefined,
  max: number,
  read: (item: JsonObject) => Item | undefined,
): Item[] | undefined {
  if (!Array.isArray(json) || json.length > max) return undefined;
  const items = json.flatMap((item) => (isJsonObject(item) ? (read(item) ?? []) : []));
  return items.length === json.length ? items : undefined;
}

function countOf(json: Json | undefined): number | undefined {
  return typeof json === "number" && Number.isSafeInteger(json) && json >= 0 ? json : undefined;
}

function nameOf(json: Json | undefined): string | undefined {
  const isName = typeof json === "string" && json !== "" && json.length <= nameLengthMax;
  return isName ? json : undefined;
}

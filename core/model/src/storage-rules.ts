/**
 * Rules for volumes, claims and their classes, and for limits and quotas.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, notSupported, required } from "./cause.ts";
import { entriesAt, isSet, listAt, objectAt, textAt, textOf } from "./members.ts";
import { qualifiedNameError } from "./name.ts";
import { compareQuantities, parseQuantity } from "./quantity.ts";
import { quotaCauses } from "./quota-rules.ts";
import type { Rules } from "./rule.ts";
import { typeNamed } from "./schema.ts";

/** Rules by type. */
export const storageRules: Rules = {
  "core.v1.PersistentVolumeSpec": (spec, path) => [
    ...accessCauses(spec, path, ""),
    ...capacityCauses(spec, path),
    ...sourceCauses(spec, path),
  ],
  "core.v1.PersistentVolumeClaimSpec": (spec, path) => [
    ...accessCauses(spec, path, "at least 1 access mode is required"),
    ...requestCauses(spec, path),
  ],
  "storage.v1.StorageClass": (object) => {
    const provisioner = textAt(object, "provisioner");
    const error = qualifiedNameError(provisioner.toLowerCase());
    const isWrong = provisioner !== "" && error !== undefined;
    return isWrong ? [invalid("provisioner", provisioner, error)] : [];
  },
  "core.v1.LimitRangeItem": limitCauses,
  "core.v1.ResourceQuotaSpec": (spec, path) => [
    ...quantityCauses(spec, "hard", `${path}.hard`, false),
    ...quotaCauses(spec, path),
  ],
};

function accessCauses(spec: JsonObject, path: string, detail: string): readonly Cause[] {
  const modes = listAt(spec, "accessModes");
  const field = `${path}.accessModes`;
  if (modes.length === 0) return [required(field, detail)];
  const rule = "may not use ReadWriteOncePod with other access modes";
  return modes.length > 1 && modes.includes("ReadWriteOncePod") ? [forbidden(field, rule)] : [];
}

function capacityCauses(spec: JsonObject, path: string): readonly Cause[] {
  const field = `${path}.capacity`;
  const keys = entriesAt(spec, "capacity").map(([key]) => key);
  if (keys.length === 0) return [required(field)];
  if (keys.length > 1 || keys[0] !== "storage") return [notSupported(field, keys, ["storage"])];
  return quantityCauses(spec, "capacity", field, true);
}

function requestCauses(spec: JsonObject, path: string): readonly Cause[] {
  const field = `${path}.resources.requests`;
  const requests = objectAt(spec, "resources", "requests");
  if (!isSet(requests?.["storage"])) return [required(`${path}.resources[storage]`)];
  return quantityCauses(
    { requests: { storage: requests?.["storage"] ?? null } },
    "requests",
    field,
    true,
  );
}

/** What is no amount in a map of quantities. */
function quantityCauses(
  holder: JsonObject,
  member: string,
  field: string,
  isPositive: boolean,
): readonly Cause[] {
  const zero = parseQuantity("0");
  return entriesAt(holder, member).flatMap(([key, value]) => {
    const quantity = parseQuantity(value);
    if (quantity === undefined || zero === undefined) return [];
    const order = compareQuantities(quantity, zero);
    if (order > 0 || (order === 0 && !isPositive)) return [];
    const rule = isPositive ? "must be greater than zero" : "must be greater than or equal to 0";
    return [invalid(`${field}[${key}]`, value, rule)];
  });
}

const volumeSources = [...(typeNamed("core.v1.PersistentVolumeSource")?.members.keys() ?? [])];

function sourceCauses(spec: JsonObject, path: string): readonly Cause[] {
  const [first, ...more] = volumeSources.filter((source) => isSet(spec[source]));
  if (first === undefined) return [required(path, "must specify a volume type")];
  const isRoot = textAt(spec, "hostPath", "path") === "/";
  const isRecycled = textAt(spec, "persistentVolumeReclaimPolicy") === "Recycle";
  const rule = "may not be 'recycle' for a hostPath mount of '/'";
  return [
    ...more.map((source) =>
      forbidden(`${path}.${source}`, "may not specify more than 1 volume type"),
    ),
    ...(isRoot && isRecycled ? [forbidden(`${path}.persistentVolumeReclaimPolicy`, rule)] : []),
  ];
}

/** Pairs of members of a limit of which the first may not be more than the second. */
const ordered = [
  ["min", "max"],
  ["min", "default"],
  ["min", "defaultRequest"],
  ["defaultRequest", "max"],
  ["defaultRequest", "default"],
  ["default", "max"],
] as const;

const spoken: Readonly<Record<string, string>> = {
  defaultRequest: "default request",
  default: "default",
};

function limitCauses(item: JsonObject, path: string): readonly Cause[] {
  const isPod = textAt(item, "type") === "Pod";
  const misplaced = isPod ? ["default", "defaultRequest"].filter((each) => isSet(item[each])) : [];
  return [
    ...misplaced.map((member) =>
      forbidden(`${path}.${member}`, "may not be specified when `type` is 'Pod'"),
    ),
    ...ordered.flatMap(([low, high]) => orderCauses(item, path, low, high)),
  ];
}

function orderCauses(item: JsonObject, path: string, low: string, high: string): readonly Cause[] {
  const highs = objectAt(item, high) ?? {};
  return entriesAt(item, low).flatMap(([key, value]) => {
    const [less, more] = [parseQuantity(value), parseQuantity(highs[key])];
    if (less === undefined || more === undefined || compareQuantities(less, more) <= 0) return [];
    const [lowText, highText] = [spoken[low] ?? low, spoken[high] ?? high];
    const values = [textOf(value), textOf(highs[key])];
    const rule = `${lowText} value ${values[0]} is greater than ${highText} value ${values[1]}`;
    return [invalid(`${path}.${low}[${key}]`, value, rule)];
  });
}

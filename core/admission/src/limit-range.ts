/**
 * LimitRanges: what containers get that say nothing of resources, and what is too little, too
 * much or too uneven for a namespace. Worded as kube-apiserver words it.
 *
 * Source: k8s.io/kubernetes, plugin/pkg/admission/limitranger.
 */
import {
  formatQuantity,
  type KubeObject,
  objectAt,
  objectsAt,
  parseQuantity,
  type Quantity,
  textAt,
} from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { podResources, type Share } from "./pod-resources.ts";
import { type ResourceList, resourcesAt } from "./resource-list.ts";

/** Annotation of a pod that says what it was given. */
const annotation = "kubernetes.io/limit-ranger";

/** The pod with the requests and limits that LimitRanges give to those who have none. */
export function withDefaultResources<Pod extends KubeObject>(
  pod: Pod,
  ranges: readonly KubeObject[],
): Pod {
  let given = pod;
  for (const range of ranges) given = withDefaultsOf(given, range);
  return given;
}

/** What of a new pod, or of a claim, the LimitRanges forbid; empty for nothing. */
export function limitFaults(object: KubeObject, ranges: readonly KubeObject[]): readonly string[] {
  const faults = ranges.flatMap((range) =>
    objectsAt(range, "spec", "limits").flatMap((limit) => faultsOf(object, limit)),
  );
  return [...new Set(faults)];
}

/** The faults as one text, as Go writes several errors. */
export function faultsText(faults: readonly string[]): string {
  return faults.length === 1 ? (faults[0] ?? "") : `[${faults.join(", ")}]`;
}

type Defaults = Readonly<Record<Share, JsonObject>>;

function withDefaultsOf<Pod extends KubeObject>(pod: Pod, range: KubeObject): Pod {
  const defaults = defaultsOf(range);
  const lists = [
    { member: "containers", what: "container" },
    { member: "initContainers", what: "init container" },
  ];
  const completed = lists.flatMap(({ member, what }) => {
    const containers = objectsAt(pod, "spec", member);
    const all = containers.map((each) => completedContainer(each, defaults, what));
    return all.length === 0 ? [] : [{ member, all }];
  });
  const told = completed.flatMap(({ all }) => all.flatMap(({ texts }) => texts));
  if (told.length === 0) return pod;
  const annotations = {
    ...pod.metadata.annotations,
    [annotation]: `LimitRanger plugin set: ${told.join("; ")}`,
  };
  const members = completed.map(({ member, all }) => [member, all.map((each) => each.container)]);
  const spec = { ...objectAt(pod, "spec"), ...Object.fromEntries(members) };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec };
}

function defaultsOf(range: KubeObject): Defaults {
  let [requests, limits]: JsonObject[] = [{}, {}];
  for (const limit of objectsAt(range, "spec", "limits")) {
    if (textAt(limit, "type") !== "Container") continue;
    requests = { ...requests, ...objectAt(limit, "defaultRequest") };
    limits = { ...limits, ...objectAt(limit, "default") };
  }
  return { requests: requests ?? {}, limits: limits ?? {} };
}

/** A container with what it lacks, and what that was, in words. */
function completedContainer(
  container: JsonObject,
  defaults: Defaults,
  what: string,
): { readonly container: JsonObject; readonly texts: readonly string[] } {
  let resources: JsonObject = objectAt(container, "resources") ?? {};
  const texts: string[] = [];
  for (const share of ["requests", "limits"] as const) {
    const had = objectAt(resources, share) ?? {};
    const more = Object.entries(defaults[share]).filter(([name]) => !Object.hasOwn(had, name));
    if (more.length === 0) continue;
    resources = { ...resources, [share]: { ...had, ...Object.fromEntries(more) } };
    const names = more.map(([name]) => name).toSorted();
    texts.push(
      `${names.join(", ")} ${share.slice(0, -1)} for ${what} ${textAt(container, "name")}`,
    );
  }
  return { container: texts.length === 0 ? container : { ...container, resources }, texts };
}

function faultsOf(object: KubeObject, limit: JsonObject): readonly string[] {
  const type = textAt(limit, "type");
  if (object.kind === "PersistentVolumeClaim" && type === "PersistentVolumeClaim") {
    const requests = resourcesAt(object, "spec", "resources", "requests");
    // A claim has no limits to be held to: what it asks for counts.
    return boundFaults(limit, { requests, limits: requests });
  }
  if (object.kind !== "Pod") return [];
  if (type === "Pod") {
    const requests = podResources(object, "requests");
    return boundFaults(limit, { requests, limits: podResources(object, "limits") });
  }
  if (type !== "Container") return [];
  return ["containers", "initContainers"]
    .flatMap((member) => objectsAt(object, "spec", member))
    .flatMap((container) =>
      boundFaults(limit, {
        requests: resourcesAt(container, "resources", "requests"),
        limits: resourcesAt(container, "resources", "limits"),
      }),
    );
}

interface Usage {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

function boundFaults(limit: JsonObject, usage: Usage): readonly string[] {
  const type = textAt(limit, "type");
  const isClaim = type === "PersistentVolumeClaim";
  const faults = [
    ...boundsOf(limit, "min", (name, bound) =>
      minimumFault(`${name} usage per ${type}`, bound, own(usage, name)),
    ),
    ...boundsOf(limit, "max", (name, bound) =>
      isClaim
        ? claimMaximumFault(`${name} usage per ${type}`, bound, own(usage, name))
        : maximumFault(`${name} usage per ${type}`, bound, own(usage, name)),
    ),
    ...boundsOf(limit, "maxLimitRequestRatio", (name, bound) =>
      ratioFault(`${name} max limit to request ratio per ${type}`, bound, own(usage, name)),
    ),
  ];
  return faults.filter((fault) => fault !== "");
}

interface Pair {
  readonly request: Quantity | undefined;
  readonly limit: Quantity | undefined;
}

function own({ requests, limits }: Usage, name: string): Pair {
  return { request: requests.get(name), limit: limits.get(name) };
}

function boundsOf(
  limit: JsonObject,
  member: string,
  check: (name: string, bound: Quantity) => string,
): readonly string[] {
  return Object.entries(objectAt(limit, member) ?? {}).map(([name, value]) => {
    const bound = parseQuantity(value);
    return bound === undefined ? "" : check(name, bound);
  });
}

function minimumFault(what: string, bound: Quantity, { request, limit }: Pair): string {
  const rule = `minimum ${what} is ${formatQuantity(bound)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (request.nano < bound.nano) return `${rule}, but request is ${formatQuantity(request)}`;
  const isLow = limit !== undefined && limit.nano < bound.nano;
  return isLow ? `${rule}, but limit is ${formatQuantity(limit)}` : "";
}

function maximumFault(what: string, bound: Quantity, { request, limit }: Pair): string {
  const rule = `maximum ${what} is ${formatQuantity(bound)}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (limit.nano > bound.nano) return `${rule}, but limit is ${formatQuantity(limit)}`;
  const isHigh = request !== undefined && request.nano > bound.nano;
  return isHigh ? `${rule}, but request is ${formatQuantity(request)}` : "";
}

/** Of a claim the request is the limit. */
function claimMaximumFault(what: string, bound: Quantity, { request }: Pair): string {
  const rule = `maximum ${what} is ${formatQuantity(bound)}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  return request.nano > bound.nano ? `${rule}, but request is ${formatQuantity(request)}` : "";
}

function ratioFault(what: string, bound: Quantity, { request, limit }: Pair): string {
  const rule = `${what} is ${formatQuantity(bound)}`;
  if ((request?.nano ?? 0n) === 0n) {
    return `${rule}, but no request is specified or request is 0`;
  }
  if ((limit?.nano ?? 0n) === 0n) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = Number(limit?.nano ?? 0n) / Number(request?.nano ?? 1n);
  const isOver = ratio > Number(bound.nano) / 1e9;
  return isOver ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : "";
}

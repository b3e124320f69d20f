/**
 * Which collection's decider decides a write.
 *
 * - As a rule the collection that is written to. So what is asked of one object, and whether a
 *   name is taken, is decided one after another.
 * - In a namespace with a ResourceQuota all of the namespace is decided where its quotas are:
 *   what one quota counts is counted in one place.
 * - An eviction is a write to pods: all evictions of a namespace, whichever budget they touch, are
 *   decided with the pods, whose deletion is what they come to.
 * - What asks and writes nothing is answered by the machine that was asked.
 */
import { findResource, type Resource, type ResourceBook } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { type CollectionId, collectionOf } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "./field.ts";
import { proxySubresource, type RequestInfo, requestInfoOf } from "./request-info.ts";
import { reviewResources } from "./review-resource.ts";
import { keptRequest, viewOf } from "./second-view.ts";
import { secondViews } from "./second-views.ts";
import { virtualResources } from "./virtual-resource.ts";

/** Where a write is decided, and what it is about. */
export interface Jurisdiction {
  /** Whose decider decides. */
  readonly collection: CollectionId;
  readonly resource: Resource;
  /** Empty for what has no namespace. */
  readonly namespace: string;
  /** Empty if the name is generated, or all of a collection is deleted. */
  readonly name: string;
  /** Whether more than the one object decides: what a budget or a quota counts. */
  readonly isCounted: boolean;
}

const readVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);

/** Subresources that write no record: streams into pods, and tokens. */
const recordless: ReadonlySet<string> = new Set([
  "attach",
  "exec",
  "log",
  "portforward",
  proxySubresource,
  "token",
]);

/**
 * Where a request is decided.
 *
 * @param hasQuota - Whether a namespace has a ResourceQuota.
 * @returns Undefined for what writes nothing: reads, dry runs, reviews, streams, wrong paths.
 */
export function jurisdictionOf(
  request: ApiRequest,
  book: ResourceBook,
  hasQuota: (namespace: string) => boolean,
): Jurisdiction | undefined {
  const place = placeOf(request, book);
  if (place === undefined || isDryRun(request)) return undefined;
  const { resource, namespace } = place;
  if (resource.namespaced && hasQuota(namespace)) {
    const collection = collectionOf("resourcequotas", "", namespace);
    return { ...place, collection, isCounted: true };
  }
  const scope = resource.namespaced ? namespace : "";
  return { ...place, collection: collectionOf(resource.name, resource.group, scope) };
}

type Place = Omit<Jurisdiction, "collection">;

function placeOf(request: ApiRequest, book: ResourceBook): Place | undefined {
  const path = request.path.filter((segment) => segment !== "");
  const second = viewOf(secondViews, { path });
  const asked = { ...request, path };
  const info = requestInfoOf(second === undefined ? asked : keptRequest(second, asked), book);
  if (typeof info === "string" || readVerbs.has(info.verb)) return undefined;
  if (recordless.has(info.subresource) || reviewResources.includes(info.resource)) return undefined;
  if (virtualResources.includes(info.resource)) return bindingPlace(info, request);
  const { resource, namespace, verb } = info;
  const name = info.name || (verb === "create" ? textAt(request.body, "metadata", "name") : "");
  return { resource, namespace, name, isCounted: info.subresource === "eviction" };
}

/** A Binding is written into the pod that it names. */
function bindingPlace({ namespace }: RequestInfo, { body }: ApiRequest): Place | undefined {
  const pods = findResource("", "pods");
  const resource = namespace === "" ? undefined : pods;
  const name = textAt(body, "metadata", "name");
  return resource && { resource, namespace, name, isCounted: false };
}

function isDryRun({ query, body }: ApiRequest): boolean {
  const asked = [
    ...(query.get("dryRun") ?? []),
    ...listAt(body, "dryRun"),
    ...listAt(fieldAt(body, "deleteOptions"), "dryRun"),
  ];
  return asked.some((each) => each !== "");
}

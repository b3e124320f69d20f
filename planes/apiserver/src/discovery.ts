/**
 * What there is: groups, versions and resources, in the plain form that every client knows and
 * in the aggregated form that newer ones ask for.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { type Resource, resources } from "@beemesh/model";
import type { ApiReply, ApiRequest } from "@beemesh/ports";
import { mediaTypesOf, takesJson } from "./media-type.ts";
import { metricsResources } from "./metrics-resource.ts";
import { newerEvents } from "./newer-event.ts";
import { olderAutoscalers } from "./older-autoscaler.ts";
import { reviewResources } from "./review-resource.ts";
import { noSuchPath, replyWith } from "./status.ts";
import { type Subresource, subresourcesOf } from "./subresource.ts";
import { virtualResources } from "./virtual-resource.ts";

const secondViews = [...olderAutoscalers, ...newerEvents].map(({ resource }) => resource);

const served: readonly Resource[] = [
  ...resources,
  ...reviewResources,
  ...virtualResources,
  ...metricsResources,
  ...secondViews,
];

/** Names of the groups but the core group, in the order of their first resource. */
const groupNames = [...new Set(served.map(({ group }) => group))].filter((group) => group !== "");

/** Answers a request for `/api`, `/apis` or one of the documents below; undefined for others. */
export function discovery(request: ApiRequest): ApiReply | undefined {
  const [root, ...rest] = request.path;
  if (root === "api") return coreDiscovery(request, rest);
  return root === "apis" ? groupDiscovery(request, rest) : undefined;
}

function coreDiscovery(
  request: ApiRequest,
  [version, ...rest]: readonly string[],
): ApiReply | undefined {
  if (version === undefined) return aggregated(request, [""]) ?? json(coreVersions());
  return rest.length === 0 ? resourceList("", version) : undefined;
}

function groupDiscovery(
  request: ApiRequest,
  [group, version, ...rest]: readonly string[],
): ApiReply | undefined {
  if (group === undefined) return aggregated(request, groupNames) ?? json(groupList());
  if (rest.length > 0) return undefined;
  if (version !== undefined) return resourceList(group, version);
  const found = groupNames.includes(group);
  return found ? json({ kind: "APIGroup", apiVersion: "v1", ...groupOf(group) }) : undefined;
}

function json(body: unknown): ApiReply {
  return { kind: "json", status: 200, body };
}

function coreVersions(): unknown {
  return {
    kind: "APIVersions",
    versions: versionsOf(""),
    // No other address is offered: the client stays with the machine that it has asked.
    serverAddressByClientCIDRs: [],
  };
}

function groupList(): unknown {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groupNames.map(groupOf) };
}

function groupOf(group: string): object {
  const versions = versionsOf(group).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function versionsOf(group: string): readonly string[] {
  return [...new Set(ofGroup(group).map(({ version }) => version))];
}

function ofGroup(group: string, version?: string): readonly Resource[] {
  return served.filter(
    (resource) =>
      resource.group === group && (version === undefined || resource.version === version),
  );
}

function resourceList(group: string, version: string): ApiReply {
  const found = ofGroup(group, version);
  if (found.length === 0) return replyWith(noSuchPath());
  const body = {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: found.flatMap((resource) => [
      plainResource(resource),
      ...subresourcesOf(resource).map((subresource) => plainSubresource(resource, subresource)),
    ]),
  };
  return json(body);
}

function plainResource(resource: Resource): unknown {
  const { name, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  return {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

function plainSubresource(resource: Resource, subresource: Subresource): unknown {
  const { name, kind, group, version, verbs } = subresource;
  return {
    name: `${resource.name}/${name}`,
    singularName: "",
    namespaced: resource.namespaced,
    ...(group === undefined ? {} : { group, version }),
    kind,
    verbs,
  };
}

/** Versions of the aggregated form; clients up to 1.29 know the older one only. */
const aggregatedVersions = new Set(["v2", "v2beta1"]);

function aggregated(request: ApiRequest, groups: readonly string[]): ApiReply | undefined {
  const first = mediaTypesOf(request.accept).find(
    (mediaType) =>
      takesJson(mediaType) &&
      (!mediaType.parameters.has("as") ||
        (mediaType.parameters.get("as") === "APIGroupDiscoveryList" &&
          aggregatedVersions.has(mediaType.parameters.get("v") ?? ""))),
  );
  const version = first?.parameters.get("v");
  if (first?.parameters.get("as") === undefined || version === undefined) return undefined;
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  return {
    kind: "json",
    status: 200,
    headers: { "Content-Type": type, Vary: "Accept" },
    body: {
      kind: "APIGroupDiscoveryList",
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map(aggregatedGroup),
    },
  };
}

function aggregatedGroup(group: string): unknown {
  const metadata = { ...(group === "" ? {} : { name: group }), creationTimestamp: null };
  const versions = versionsOf(group).map((version) => ({
    version,
    resources: ofGroup(group, version).map(aggregatedResource),
    freshness: "Current",
  }));
  return { metadata, versions };
}

function aggregatedResource(resource: Resource): unknown {
  const { name, kind, group, version, namespaced, singular, verbs } = resource;
  const { shortNames, categories } = resource;
  const subresources = subresourcesOf(resource).map((subresource) => ({
    subresource: subresource.name,
    responseKind: {
      group: subresource.group ?? group,
      version: subresource.version ?? version,
      kind: subresource.kind,
    },
    verbs: subresource.verbs,
  }));
  return {
    resource: name,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

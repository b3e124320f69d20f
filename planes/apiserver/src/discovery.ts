/**
 * What there is: groups, versions and resources, in the plain form that every client knows and
 * in the aggregated form that newer ones ask for.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { compareVersions, type Resource, type ResourceBook, resources } from "@beemesh/model";
import type { ApiReply, ApiRequest } from "@beemesh/ports";
import { mediaTypesOf, takesJson } from "./media-type.ts";
import { metricsResources } from "./metrics-resource.ts";
import { retiredVersions } from "./retired-version.ts";
import { reviewResources } from "./review-resource.ts";
import { secondViews } from "./second-views.ts";
import { noSuchPath, replyWith } from "./status.ts";
import { type Subresource, subresourcesOf } from "./subresource.ts";
import { virtualResources } from "./virtual-resource.ts";

const own: readonly Resource[] = [
  ...resources,
  ...reviewResources,
  ...virtualResources,
  ...metricsResources,
  ...secondViews.map(({ resource }) => resource),
];

/** What is served, by group; the groups stand in the order of their first resource. */
type Catalogue = ReadonlyMap<string, readonly Resource[]>;

/** What is served, as it is told in either form. */
interface Catalogues {
  readonly edition: number;
  readonly plain: Catalogue;
  /** Without what Kubernetes has retired: who asks for this form is younger. */
  readonly aggregated: Catalogue;
}

const known = new WeakMap<ResourceBook, Catalogues>();
const retired = new Set(retiredVersions.map(({ resource }) => resource));

function cataloguesOf(book: ResourceBook): Catalogues {
  const before = known.get(book);
  if (before?.edition === book.edition) return before;
  const custom = book.served.toSorted(
    (a, b) => compareVersions(a.version, b.version) || (a.name < b.name ? -1 : 1),
  );
  const all = [...own, ...custom];
  const catalogues = {
    edition: book.edition,
    plain: Map.groupBy(all, ({ group }) => group),
    aggregated: Map.groupBy(
      all.filter((resource) => !retired.has(resource)),
      ({ group }) => group,
    ),
  };
  known.set(book, catalogues);
  return catalogues;
}

/** Names of the groups but the core group. */
function groupNames(catalogue: Catalogue): readonly string[] {
  return [...catalogue.keys()].filter((group) => group !== "");
}

/** Answers a request for `/api`, `/apis` or one of the documents below; undefined for others. */
export function discovery(request: ApiRequest, book: ResourceBook): ApiReply | undefined {
  const [root, ...rest] = request.path;
  if (root !== "api" && root !== "apis") return undefined;
  const catalogues = cataloguesOf(book);
  return root === "api"
    ? coreDiscovery(request, rest, catalogues)
    : groupDiscovery(request, rest, catalogues);
}

function coreDiscovery(
  request: ApiRequest,
  [version, ...rest]: readonly string[],
  catalogues: Catalogues,
): ApiReply | undefined {
  const { plain } = catalogues;
  if (version === undefined) {
    return aggregated(request, [""], catalogues.aggregated) ?? json(coreVersions(plain));
  }
  return rest.length === 0 ? resourceList("", version, plain) : undefined;
}

function groupDiscovery(
  request: ApiRequest,
  [group, version, ...rest]: readonly string[],
  catalogues: Catalogues,
): ApiReply | undefined {
  const { plain } = catalogues;
  if (group === undefined) {
    const groups = groupNames(catalogues.aggregated);
    return aggregated(request, groups, catalogues.aggregated) ?? json(groupList(plain));
  }
  if (rest.length > 0) return undefined;
  if (version !== undefined) return resourceList(group, version, plain);
  if (group === "" || !plain.has(group)) return undefined;
  return json({ kind: "APIGroup", apiVersion: "v1", ...groupOf(group, plain) });
}

function json(body: unknown): ApiReply {
  return { kind: "json", status: 200, body };
}

function coreVersions(catalogue: Catalogue): unknown {
  return {
    kind: "APIVersions",
    versions: versionsOf("", catalogue),
    // No other address is offered: the client stays with the machine that it has asked.
    serverAddressByClientCIDRs: [],
  };
}

function groupList(catalogue: Catalogue): unknown {
  const groups = groupNames(catalogue).map((group) => groupOf(group, catalogue));
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

function groupOf(group: string, catalogue: Catalogue): object {
  const versions = versionsOf(group, catalogue).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function versionsOf(group: string, catalogue: Catalogue): readonly string[] {
  return [...new Set((catalogue.get(group) ?? []).map(({ version }) => version))];
}

function ofVersion(group: string, version: string, catalogue: Catalogue): readonly Resource[] {
  return (catalogue.get(group) ?? []).filter((resource) => resource.version === version);
}

function resourceList(group: string, version: string, catalogue: Catalogue): ApiReply {
  const found = ofVersion(group, version, catalogue);
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

function aggregated(
  request: ApiRequest,
  groups: readonly string[],
  catalogue: Catalogue,
): ApiReply | undefined {
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
      items: groups.map((group) => aggregatedGroup(group, catalogue)),
    },
  };
}

function aggregatedGroup(group: string, catalogue: Catalogue): unknown {
  const metadata = { ...(group === "" ? {} : { name: group }), creationTimestamp: null };
  const versions = versionsOf(group, catalogue).map((version) => ({
    version,
    resources: ofVersion(group, version, catalogue).map(aggregatedResource),
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

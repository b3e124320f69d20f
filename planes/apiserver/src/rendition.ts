/** The forms in which objects are given: whole, as rows of a table, or their metadata alone. */
import type { KubeObject, Resource } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { mapAt } from "./field.ts";
import { type MediaType, mediaTypesOf, takesJson } from "./media-type.ts";
import { printerOf, rowOf } from "./printer.ts";
import { done, fail, notAcceptable, type Outcome } from "./status.ts";

/** What is shown of each object beside its row. */
type IncludeObject = "None" | "Metadata" | "Object";

export type Format =
  | { readonly kind: "object" }
  | { readonly kind: "partial"; readonly version: string }
  | { readonly kind: "table"; readonly version: string; readonly include: IncludeObject };

export interface Rendering {
  readonly format: Format;
  readonly resource: Resource;
  readonly nowMs: number;
}

/** Metadata of a list: the revision it shows and, if it is not all, how to go on. */
export interface ListMeta {
  /** None of what is measured and never kept. */
  readonly resourceVersion?: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

const metaVersions = new Set(["v1", "v1beta1"]);

/** What is shown: an answer to a question is no object, and has one form only. */
type Subject = "object" | "list" | "answer";

/** The form that the client likes best of those that there are; a 406 if there is none. */
export function formatOf(
  { accept, query }: Pick<ApiRequest, "accept" | "query">,
  subject: Subject,
): Outcome<Format> {
  if (accept.trim() === "") return done({ kind: "object" });
  for (const mediaType of mediaTypesOf(accept)) {
    const format = takesJson(mediaType) ? formatFor(mediaType, subject) : undefined;
    if (format?.kind === "table") return done({ ...format, include: includeOf(query) });
    if (format !== undefined) return done(format);
  }
  return fail(notAcceptable(["application/json"]));
}

function formatFor({ parameters }: MediaType, subject: Subject): Format | undefined {
  const as = parameters.get("as") ?? "";
  const version = parameters.get("v") ?? "v1";
  if (as === "") return { kind: "object" };
  if (subject === "answer") return undefined;
  if (parameters.get("g") !== "meta.k8s.io" || !metaVersions.has(version)) return undefined;
  if (as === "Table") return { kind: "table", version, include: "Metadata" };
  const partial = subject === "list" ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  return as === partial ? { kind: "partial", version } : undefined;
}

function includeOf(query: ApiRequest["query"]): IncludeObject {
  const asked = query.get("includeObject")?.[0];
  return asked === "None" || asked === "Object" ? asked : "Metadata";
}

/** One object in the asked form. */
export function renderObject(object: KubeObject, rendering: Rendering): unknown {
  const { format } = rendering;
  if (format.kind === "object") return object;
  if (format.kind === "partial") return partialObject(object, format.version);
  const { resourceVersion = "" } = object.metadata;
  return table([object], { resourceVersion }, rendering);
}

/** A list of objects in the asked form. */
export function renderList(
  items: readonly KubeObject[],
  metadata: ListMeta,
  rendering: Rendering,
): unknown {
  const { format, resource } = rendering;
  if (format.kind === "table") return table(items, metadata, rendering);
  if (format.kind === "partial") {
    return {
      kind: "PartialObjectMetadataList",
      apiVersion: `meta.k8s.io/${format.version}`,
      metadata,
      items: items.map((item) => partialObject(item, format.version)),
    };
  }
  const apiVersion =
    resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  const kind = resource.custom?.listKind ?? `${resource.kind}List`;
  return { kind, apiVersion, metadata, items };
}

/** The object of a bookmark: nothing but how far the watch has come. */
export function renderBookmark(
  { resourceVersion, isInitialEnd }: { resourceVersion: string; isInitialEnd: boolean },
  { resource, format }: Rendering,
): unknown {
  const annotations = isInitialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  const metadata = { resourceVersion, creationTimestamp: null, ...annotations };
  if (format.kind === "object") {
    const apiVersion =
      resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
    return { kind: resource.kind, apiVersion, metadata };
  }
  const partial = {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${format.version}`,
    metadata,
  };
  if (format.kind === "partial") return partial;
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${format.version}`,
    metadata: { resourceVersion },
    columnDefinitions: [],
    rows: isInitialEnd ? [{ cells: [], object: partial }] : [],
  };
}

/** A table without its columns: a watch names them only once. */
export function withoutColumns(rendered: unknown): unknown {
  return { ...mapAt(rendered), columnDefinitions: [] };
}

function table(
  items: readonly KubeObject[],
  metadata: ListMeta,
  { format, resource, nowMs }: Rendering,
): unknown {
  const printer = printerOf(resource);
  const version = format.kind === "object" ? "v1" : format.version;
  const include = format.kind === "table" ? format.include : "Metadata";
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: printer.columns,
    rows: items.map((item) => ({
      ...rowOf(printer, item, nowMs),
      object: includedObject(item, include, version),
    })),
  };
}

function includedObject(item: KubeObject, include: IncludeObject, version: string): unknown {
  if (include === "None") return null;
  return include === "Object" ? item : partialObject(item, version);
}

function partialObject({ metadata }: KubeObject, version: string): unknown {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata };
}

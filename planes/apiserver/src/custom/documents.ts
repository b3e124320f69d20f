import { type OpenApiAdditions, openApiV2Paths, type ResourceBook } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { customDefinitionsV2, customOpenApiV3, customPaths } from "./open-api.ts";

/** What OpenAPI says of the custom resources that are served. */
export interface CustomDocuments {
  /** Documents of version 3 by path: `apis/example.com/v1`. */
  readonly byPath: ReadonlyMap<string, JsonObject>;
  /** What they add to the one document of version 2; undefined if they add nothing. */
  readonly additions: OpenApiAdditions | undefined;
}

interface Kept extends CustomDocuments {
  readonly edition: number;
}

const kept = new WeakMap<ResourceBook, Kept>();

/** The documents of custom resources, made anew when a definition has changed. */
export function customDocuments(book: ResourceBook): CustomDocuments {
  const known = kept.get(book);
  if (known?.edition === book.edition) return known;
  const { served } = book;
  const versions = Map.groupBy(served, ({ group, version }) => `apis/${group}/${version}`);
  const additions = {
    paths: openApiV2Paths(customPaths(served)),
    definitions: Object.assign({}, ...served.map(customDefinitionsV2)),
  };
  const made = {
    edition: book.edition,
    byPath: new Map([...versions].map(([path, each]) => [path, customOpenApiV3(each)])),
    additions: served.length === 0 ? undefined : additions,
  };
  kept.set(book, made);
  return made;
}

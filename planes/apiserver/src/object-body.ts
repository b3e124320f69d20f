/** From the body of a request to an object of the kind that its path names. */
import {
  apiVersionOf,
  decodingFault,
  type KubeObject,
  type ObjectMeta,
  type Resource,
} from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import { fieldAt, textAt } from "./field.ts";
import { pruneUnknown, unknownFields } from "./kind.ts";
import { badRequest, done, fail, type Outcome } from "./status.ts";
import type { WriteOptions } from "./write-options.ts";

/** An object that fits its kind, and what its author should be told about it. */
export interface ReadObject {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Where the object goes, as the path says; `name` is empty if the body is to say it. */
export interface Destination {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads an object for `destination`: kind and apiVersion may be left out but not be others,
 * name and namespace must agree, and unknown fields are refused, reported or dropped as asked.
 */
export function readObject(
  body: unknown,
  destination: Destination,
  { fieldValidation, doubled = [] }: Pick<WriteOptions, "fieldValidation"> & Partial<WriteOptions>,
): Outcome<ReadObject> {
  const placed = placeObject(body, destination);
  if (!placed.ok) return placed;
  const { resource } = destination;
  const unknown = unknownFields(resource, placed.value);
  const faults = [...unknown.map((field) => `unknown field "${field}"`), ...doubled];
  if (fieldValidation === "Strict" && faults.length > 0) {
    return fail(badRequest(`strict decoding error: ${faults.join(", ")}`));
  }
  return done({
    object: unknown.length === 0 ? placed.value : pruneUnknown(resource, placed.value),
    warnings: fieldValidation === "Warn" ? faults : [],
  });
}

/**
 * Reads an object that a client sends whole, as {@link readObject} does. A field of another type
 * cannot be read at all: that is told before anything else is looked at.
 */
export function decodeObject(
  ...args: Parameters<typeof readObject>
): ReturnType<typeof readObject> {
  const read = readObject(...args);
  const [, { resource }] = args;
  if (!read.ok || resource.custom !== undefined) return read;
  const fault = decodingFault(resource, read.value.object);
  if (fault === undefined) return read;
  const { kind } = resource;
  const what = `${kind} in version "${apiVersionOf(resource)}"`;
  return fail(badRequest(`${what} cannot be handled as a ${kind}: ${fault}`));
}

/** Reads an object for `destination` as {@link readObject} does, but takes any field. */
export function placeObject(body: unknown, destination: Destination): Outcome<KubeObject> {
  const shaped = shapedObject(body, destination.resource);
  return shaped.ok ? placedObject(shaped.value, destination) : shaped;
}

function shapedObject(body: unknown, resource: Resource): Outcome<KubeObject> {
  if (!isJsonObject(body)) return fail(badRequest("the body of the request is not an object"));
  const apiVersion = apiVersionOf(resource);
  const saidVersion = textAt(body, "apiVersion") || apiVersion;
  const saidKind = textAt(body, "kind") || resource.kind;
  if (saidKind !== resource.kind) {
    const said = `${saidKind} in version "${saidVersion}"`;
    return fail(badRequest(`${said} cannot be handled as a ${resource.kind}`));
  }
  if (saidVersion !== apiVersion) {
    const expected = `does not match the expected API version (${apiVersion})`;
    return fail(badRequest(`the API version in the data (${saidVersion}) ${expected}`));
  }
  const metadata = { name: "", ...withoutNulls(body["metadata"] ?? {}) };
  const wrong = wrongMetadata(metadata);
  if (wrong !== undefined) {
    return fail(
      badRequest(`${resource.kind} in version "${apiVersion}" cannot be handled: ${wrong}`),
    );
  }
  return isMetadata(metadata)
    ? done({ ...body, apiVersion, kind: resource.kind, metadata })
    : fail(badRequest("metadata is malformed"));
}

function placedObject(object: KubeObject, destination: Destination): Outcome<KubeObject> {
  const { resource, namespace, name } = destination;
  const { metadata } = object;
  if (name !== "" && metadata.name !== "" && metadata.name !== name) {
    return fail(
      badRequest(
        `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
      ),
    );
  }
  const said = metadata.namespace ?? "";
  if (said !== "" && said !== namespace) {
    return fail(
      badRequest(
        "the namespace of the provided object does not match the namespace sent on the request",
      ),
    );
  }
  const { namespace: _, ...rest } = metadata;
  const finalName = metadata.name === "" ? name : metadata.name;
  const placed = { ...rest, name: finalName, ...(resource.namespaced ? { namespace } : {}) };
  return done({ ...object, metadata: placed });
}

/** Go's `null` for an absent member, such as `creationTimestamp: null`. */
function withoutNulls(metadata: unknown): Readonly<Record<string, unknown>> {
  if (!isJsonObject(metadata)) return { "": metadata };
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}

const textMembers = [
  "name",
  "namespace",
  "generateName",
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
] as const;

/** What of the metadata is not of the type that it must have. */
function wrongMetadata(metadata: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.hasOwn(metadata, "")) return "metadata is not an object";
  const wrong = textMembers.find((key) => !["string", "undefined"].includes(typeof metadata[key]));
  if (wrong !== undefined) return `metadata.${wrong} is not a string`;
  for (const key of ["labels", "annotations"]) {
    if (!isTextMap(metadata[key] ?? {})) return `metadata.${key} is not a map of strings`;
  }
  if (!isListOf(metadata["finalizers"] ?? [], (each) => typeof each === "string")) {
    return "metadata.finalizers is not a list of strings";
  }
  return isListOf(metadata["ownerReferences"] ?? [], isOwner)
    ? undefined
    : "metadata.ownerReferences is not a list of owner references";
}

function isTextMap(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isOwner(owner: unknown): boolean {
  return ["apiVersion", "kind", "name", "uid"].every(
    (key) => typeof fieldAt(owner, key) === "string",
  );
}

/** The type's side of {@link wrongMetadata}. */
function isMetadata(metadata: unknown): metadata is ObjectMeta {
  return isJsonObject(metadata) && wrongMetadata(metadata) === undefined;
}

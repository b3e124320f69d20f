/** Warnings: what an object asks for that is valid, kept, and without effect. */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import {
  honouredKeys,
  honouredMembers,
  honouredValues,
  idleKinds,
  inertItems,
  inertValues,
} from "./honoured.ts";
import { closedPorts } from "./machine-ports.ts";
import { entriesAt, memberPath } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import { routeAnnotations } from "./route-annotations.ts";
import { type TypeSchema, typeNamed, typeOfResource } from "./schema.ts";
import { valuesOf } from "./walk.ts";

/** Each becomes a header of the answer; clients bound what they read of those. */
const warningsMax = 20;

/**
 * One text for each field that is set and not acted on, such as `spec.affinity is not supported
 * yet and has no effect`. At most 20, the last of which then says how many more there are. Fields
 * below `status` and `metadata` are never named, but annotations of a Service that say nothing.
 */
export function warningsFor(resource: Resource, body: KubeObject): readonly string[] {
  if (!isJsonObject(body)) return [];
  if (idleKinds.has(`${resource.name}.${resource.group}`)) {
    return [`${resource.kind} is kept and served; nothing acts on it yet`];
  }
  const { metadata: _metadata, status: _status, ...rest } = body;
  const idle = idleFields(typeOfResource(resource), rest, "");
  const isService = resource.group === "" && resource.name === "services";
  const texts = [
    ...(isService ? routeAnnotations(body).faults : []),
    ...closedPorts(body),
    ...idle.map((field) => `${field} is not supported yet and has no effect`),
  ];
  if (texts.length <= warningsMax) return texts;
  const more = texts.length - warningsMax + 1;
  return [...texts.slice(0, warningsMax - 1), `${more} more fields are not supported yet`];
}

function idleFields(type: TypeSchema, object: JsonObject, path: string): readonly string[] {
  const honoured = honouredMembers[type.name];
  return Object.entries(object).flatMap(([member, value]) => {
    const field = type.members.get(member);
    const fieldPath = memberPath(path, member);
    const id = `${type.name}.${member}`;
    if (field === undefined || asksNothing(id, value)) return [];
    if (honoured !== undefined && !isTypeMeta(member) && !honoured.includes(member)) {
      return innerIdle(field.type, value, fieldPath) ?? [fieldPath];
    }
    const inner = typeNamed(field.type);
    if (inner === undefined) return idleValues(id, value, fieldPath);
    return valuesOf(field, value, fieldPath).flatMap((each) =>
      isJsonObject(each.value) ? idleFields(inner, each.value, each.path) : [],
    );
  });
}

function isTypeMeta(member: string): boolean {
  return member === "apiVersion" || member === "kind";
}

/** Nothing is idle in an object all of whose members ask for nothing. */
function innerIdle(typeName: string, value: Json, path: string): readonly string[] | undefined {
  if (!isJsonObject(value)) return undefined;
  const asks = Object.entries(value).some(
    ([member, inner]) => !asksNothing(`${typeName}.${member}`, inner),
  );
  return asks ? [path] : [];
}

function asksNothing(id: string, value: Json): boolean {
  if (value === null || inertValues[id]?.some((inert) => inert === value)) return true;
  if (Array.isArray(value)) return value.every((item) => item === inertItems[id]);
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === false || value === 0 || value === "";
}

function idleValues(id: string, value: Json, path: string): readonly string[] {
  const values = honouredValues[id];
  if (values !== undefined && typeof value === "string" && !values.includes(value)) {
    return [`${path} ${value}`];
  }
  const keys = honouredKeys[id];
  if (keys === undefined) return [];
  return entriesAt({ value }, "value")
    .filter(([key]) => !keys.includes(key))
    .map(([key]) => `${path}[${key}]`);
}

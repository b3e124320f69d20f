/**
 * A structural schema, read once: which members a value has, and what is said of each.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/
 * custom-resource-definitions/#specifying-a-structural-schema
 */
import type { Resource } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/** What a schema says of one value. */
export interface SchemaNode {
  /** The schema itself, for the rules about values. */
  readonly schema: JsonObject;
  /** Empty if any is taken. */
  readonly type: string;
  readonly isNullable: boolean;
  readonly isIntOrString: boolean;
  /** Whether members that it does not name stay. */
  readonly preserves: boolean;
  /** Whether it is an object of Kubernetes, with a kind and metadata of its own. */
  readonly isEmbedded: boolean;
  readonly members: ReadonlyMap<string, SchemaNode>;
  /** Of all other members. */
  readonly others: SchemaNode | undefined;
  /** Of the items of a list. */
  readonly items: SchemaNode | undefined;
  readonly fallback: Json | undefined;
  readonly listType: string;
  readonly listKeys: readonly string[];
}

/** The schema of a resource's objects. */
export function schemaOf(resource: Resource): SchemaNode {
  const known = nodes.get(resource);
  if (known !== undefined) return known;
  const made = readSchema(resource.custom?.schema ?? {});
  nodes.set(resource, made);
  return made;
}

const nodes = new WeakMap<Resource, SchemaNode>();

/** Reads a schema. What is malformed in it says nothing. */
export function readSchema(schema: JsonObject): SchemaNode {
  const { properties, additionalProperties, items, nullable, type } = schema;
  const listType = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"];
  const members = Object.entries(isJsonObject(properties) ? properties : {});
  return {
    schema,
    type: typeof type === "string" ? type : "",
    isNullable: nullable === true,
    isIntOrString: schema["x-kubernetes-int-or-string"] === true,
    preserves: schema["x-kubernetes-preserve-unknown-fields"] === true,
    isEmbedded: schema["x-kubernetes-embedded-resource"] === true,
    members: new Map(
      members.flatMap(([name, inner]): [string, SchemaNode][] =>
        isJsonObject(inner) ? [[name, readSchema(inner)]] : [],
      ),
    ),
    others: othersOf(additionalProperties),
    items: isJsonObject(items) ? readSchema(items) : undefined,
    fallback: schema["default"],
    listType: typeof listType === "string" ? listType : "",
    listKeys: (Array.isArray(keys) ? keys : []).filter((key) => typeof key === "string"),
  };
}

/** `additionalProperties: true` takes anything. */
function othersOf(said: Json | undefined): SchemaNode | undefined {
  if (isJsonObject(said)) return readSchema(said);
  return said === true ? anything : undefined;
}

const anything: SchemaNode = {
  schema: {},
  type: "",
  isNullable: true,
  isIntOrString: false,
  preserves: true,
  isEmbedded: false,
  members: new Map(),
  others: undefined,
  items: undefined,
  fallback: undefined,
  listType: "",
  listKeys: [],
};

/** What is said of a member; undefined if nothing is. */
export function memberNode(node: SchemaNode, member: string): SchemaNode | undefined {
  return node.members.get(member) ?? node.others;
}

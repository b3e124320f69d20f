/** What the schema and the rules of a custom resource make of its objects. */
import {
  type Cause,
  identityCauses,
  invalid,
  isKubeObject,
  type KubeObject,
  metadataCauses,
  type Resource,
  required,
} from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { withDefaults } from "./defaulting.ts";
import { expressionCauses } from "./expression-rules.ts";
import { find, parseJsonPath } from "./json-path.ts";
import { listCauses } from "./list-rules.ts";
import { prune } from "./pruning.ts";
import { memberNode, type SchemaNode, schemaOf } from "./schema.ts";
import { memberPath, valueCauses } from "./value-rules.ts";

/** A refused object is nonsense after this many causes. */
const causesMax = 100;

/** The members that an object has and its schema does not. */
export function unknownCustomFields(resource: Resource, object: KubeObject): readonly string[] {
  return isJsonObject(object) ? prune(schemaOf(resource), object).unknown : [];
}

/** An object without the members that its schema does not know. */
export function prunedCustom(resource: Resource, object: KubeObject): KubeObject {
  return isJsonObject(object) ? asObject(prune(schemaOf(resource), object).object, object) : object;
}

/** An object with its defaults. */
export function defaultedCustom(resource: Resource, object: KubeObject): KubeObject {
  return isJsonObject(object) ? asObject(withDefaults(schemaOf(resource), object), object) : object;
}

function asObject(object: JsonObject, fallback: KubeObject): KubeObject {
  return isKubeObject(object) ? object : fallback;
}

/** What is wrong with an object. What was wrong before and has not changed is not named. */
export function customCauses(
  resource: Resource,
  object: KubeObject,
  before?: KubeObject,
): readonly Cause[] {
  if (!isJsonObject(object)) return [];
  const node = schemaOf(resource);
  const former = isJsonObject(before) ? before : undefined;
  const { metadata } = object;
  const causes = [
    ...identityCauses(resource, object),
    ...(isJsonObject(metadata) ? metadataCauses(metadata, "metadata") : []),
    ...valueCauses(node.schema, object, { path: "", before: former }),
    ...embeddedCauses(node, object, ""),
    ...listCauses(node, object),
    ...scaleCauses(resource, object),
  ];
  if (causes.length > 0) return causes.slice(0, causesMax);
  return expressionCauses(node, object, former).slice(0, causesMax);
}

/** Objects of Kubernetes inside an object say what they are. */
function embeddedCauses(node: SchemaNode, value: Json, path: string): readonly Cause[] {
  const own = node.isEmbedded && isJsonObject(value) ? ownCauses(value, path) : [];
  if (isJsonObject(value)) {
    const inner = Object.entries(value).flatMap(([member, each]) => {
      const below = memberNode(node, member);
      return below === undefined ? [] : embeddedCauses(below, each, memberPath(path, member));
    });
    return [...own, ...inner];
  }
  const { items } = node;
  if (!Array.isArray(value) || items === undefined) return own;
  return value.flatMap((item: Json, index) => embeddedCauses(items, item, `${path}[${index}]`));
}

function ownCauses(object: JsonObject, path: string): readonly Cause[] {
  const { metadata } = object;
  const missing = ["apiVersion", "kind"].filter((member) => (object[member] ?? "") === "");
  return [
    ...missing.map((member) => required(memberPath(path, member), "must not be empty")),
    ...(isJsonObject(metadata) ? metadataCauses(metadata, memberPath(path, "metadata")) : []),
  ];
}

/** Counts of replicas are whole numbers of 32 bits. */
const replicasMax = 2 ** 31 - 1;

function scaleCauses({ custom }: Resource, object: JsonObject): readonly Cause[] {
  const subresources = custom?.version["subresources"];
  const scale = isJsonObject(subresources) ? subresources["scale"] : undefined;
  if (!isJsonObject(scale)) return [];
  return ["specReplicasPath", "statusReplicasPath"].flatMap((member) => {
    const path = scale[member];
    const steps = typeof path === "string" ? parseJsonPath(path) : undefined;
    const [value] = steps === undefined ? [] : find(steps, object);
    if (typeof path !== "string" || typeof value !== "number") return [];
    if (value < 0) return [invalid(path, value, "should be a non-negative integer")];
    const rule = `should be less than or equal to ${replicasMax}`;
    return value > replicasMax ? [invalid(path, value, rule)] : [];
  });
}

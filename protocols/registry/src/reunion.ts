/** Two concurrent versions of one object become one again, by the fields that managers own. */
import { formatManagers, readManagers, reunited, type Version } from "@beemesh/apply";
import {
  defaults,
  isKubeObject,
  type KubeObject,
  type Resource,
  shapeOf,
  validate,
} from "@beemesh/model";
import { canonicalJson, isJsonObject } from "@beemesh/wire";

/**
 * The object that two versions of one become; undefined if the newer one stays as it is. That is
 * so where nobody has kept account of who owns what, and where both together are not valid.
 */
export function reunion(
  resource: Resource,
  older: KubeObject,
  newer: KubeObject,
): KubeObject | undefined {
  if (older.metadata.uid !== newer.metadata.uid) return undefined;
  const [first, second] = [versionOf(older), versionOf(newer)];
  if (first === undefined || second === undefined) return undefined;
  const both = reunited(shapeOf(resource), first, second);
  if (both === second || !isKubeObject(both.object)) return undefined;
  const whole = defaults(resource, both.object);
  const managedFields = formatManagers(both.managers);
  const metadata = { ...whole.metadata, ...newGeneration(resource, [older, newer, whole]) };
  const object = { ...whole, metadata: { ...metadata, managedFields } };
  if (canonicalJson(object) === canonicalJson(newer)) return undefined;
  return validate(resource, object, newer).length === 0 ? object : undefined;
}

function versionOf(object: KubeObject): Version | undefined {
  const { managedFields, ...metadata } = object.metadata;
  const read = readManagers(managedFields);
  const json: unknown = { ...object, metadata };
  if (!read.ok || read.managers.length === 0 || !isJsonObject(json)) return undefined;
  return { object: json, managers: read.managers };
}

/** A specification that is neither side's counts as later than both. */
function newGeneration(
  { hasGeneration }: Resource,
  [older, newer, whole]: readonly [KubeObject, KubeObject, KubeObject],
): { readonly generation?: number } {
  const generation = Math.max(older.metadata.generation ?? 0, newer.metadata.generation ?? 0);
  if (!hasGeneration) return {};
  const isNew = canonicalJson(whole.spec) !== canonicalJson(newer.spec);
  return { generation: isNew ? generation + 1 : generation };
}

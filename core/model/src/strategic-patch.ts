/**
 * Strategic merge patches: Kubernetes' own kind, in which lists merge by the key that the schema
 * gives them, and directives say what a plain merge cannot.
 *
 *     $patch: replace | delete | merge      for the object, or the list item, that holds it
 *     $retainKeys: [a, b]                   members that may stay beside those of the patch
 *     $deleteFromPrimitiveList/x: [a]       items to take out of the list x
 *     $setElementOrder/x: [a, b]            the order of the items of the list x
 *
 * A merged list has the patch's items in the patch's order, and the others where they stood among
 * them: what a patch adds comes first.
 *
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { ElementOrder } from "./element-order.ts";
import { isSet } from "./members.ts";
import { type Field, type TypeSchema, typeNamed } from "./schema.ts";

/** What a patch makes of an object, or why it cannot be applied. */
export type StrategicPatchResult =
  | { readonly ok: true; readonly object: JsonObject }
  | { readonly ok: false; readonly message: string };

/**
 * Applies a strategic merge patch. The original stays as it was.
 *
 * @param type - The schema of the object; what it does not know merges as in a merge patch.
 */
export function strategicMergePatch(
  type: TypeSchema,
  original: JsonObject,
  patch: JsonObject,
): StrategicPatchResult {
  const merge = new StrategicMerge();
  const object = merge.objects(original, patch, type);
  return merge.problem === undefined ? { ok: true, object } : { ok: false, message: merge.problem };
}

const deletePrefix = "$deleteFromPrimitiveList/";
const orderPrefix = "$setElementOrder/";

/** One merge; goes on after a problem, whose result is then thrown away. */
class StrategicMerge {
  /** What was wrong with the patch first. */
  problem: string | undefined;

  objects(original: JsonObject, patch: JsonObject, type: TypeSchema | undefined): JsonObject {
    const directive = patch["$patch"];
    if (directive === "replace") return this.plain(without(patch, "$patch"));
    if (directive === "delete") return {};
    if (directive !== undefined && directive !== "merge") this.#refuseDirective(directive);
    const merged = new Map(Object.entries(this.#retained(original, patch)));
    this.#deleteFromLists(merged, patch);
    for (const [member, value] of Object.entries(patch)) {
      if (member.startsWith("$")) continue;
      if (!isSet(value)) merged.delete(member);
      else merged.set(member, this.#value(merged.get(member), value, type?.members.get(member)));
    }
    this.#orderLists(merged, { original, patch, type });
    return Object.fromEntries(merged);
  }

  /** A value of a patch that meets nothing: without its directives and nulls. */
  plain(value: JsonObject): JsonObject {
    const members = Object.entries(value)
      .filter(([member, inner]) => !isDirective(member) && inner !== null)
      .map(([member, inner]): [string, Json] => [member, this.#plainValue(inner)]);
    return Object.fromEntries(members);
  }

  #plainValue(value: Json): Json {
    if (Array.isArray(value)) {
      return value
        .filter((item: Json) => !isJsonObject(item) || item["$patch"] !== "delete")
        .filter((item: Json) => !isOnlyDirective(item))
        .map((item: Json) => this.#plainValue(item));
    }
    return isJsonObject(value) ? this.plain(value) : value;
  }

  /** `$retainKeys` empties a union of the members that are no longer meant. */
  #retained(original: JsonObject, patch: JsonObject): JsonObject {
    const keys = patch["$retainKeys"];
    if (keys === undefined) return original;
    if (!Array.isArray(keys)) {
      this.#refuse("$retainKeys must be a list");
      return original;
    }
    const kept = new Set(keys);
    const stranger = Object.keys(patch).find(
      (member) => !isDirective(member) && patch[member] !== null && !kept.has(member),
    );
    if (stranger !== undefined) this.#refuse(`$retainKeys does not list "${stranger}"`);
    return Object.fromEntries(Object.entries(original).filter(([member]) => kept.has(member)));
  }

  #deleteFromLists(merged: Map<string, Json>, patch: JsonObject): void {
    for (const [directive, values] of Object.entries(patch)) {
      if (!directive.startsWith(deletePrefix)) continue;
      const member = directive.slice(deletePrefix.length);
      const list = merged.get(member);
      if (!Array.isArray(values)) this.#refuse(`${directive} must be a list`);
      else if (Array.isArray(list)) {
        const gone = new Set(values.map((value: Json) => canonicalJson(value)));
        const rest = list.filter((item: Json) => !gone.has(canonicalJson(item)));
        merged.set(member, rest);
      }
    }
  }

  #orderLists(
    merged: Map<string, Json>,
    {
      original,
      patch,
      type,
    }: { original: JsonObject; patch: JsonObject; type: TypeSchema | undefined },
  ): void {
    for (const [directive, order] of Object.entries(patch)) {
      if (!directive.startsWith(orderPrefix)) continue;
      const member = directive.slice(orderPrefix.length);
      const list = merged.get(member);
      const before = original[member];
      if (!Array.isArray(order)) this.#refuse(`${directive} must be a list`);
      else if (Array.isArray(list)) {
        const elements = new ElementOrder(type?.members.get(member)?.merge.patchKey ?? "");
        const patched = patch[member];
        if (Array.isArray(patched) && !elements.agrees(patched, order)) {
          this.#refuse(`the order in the patch of ${member} differs from ${directive}`);
        }
        merged.set(member, elements.arrange(list, order, Array.isArray(before) ? before : []));
      }
    }
  }

  #value(original: Json | undefined, patch: Json, field: Field | undefined): Json {
    const inner = field === undefined ? undefined : typeNamed(field.type);
    if (isJsonObject(patch)) {
      const type = field?.shape === "one" ? inner : undefined;
      if (isJsonObject(original)) return this.objects(original, patch, type);
      return patch["$patch"] === "delete" ? {} : this.plain(patch);
    }
    if (!Array.isArray(patch) || !Array.isArray(original) || !isMergedList(field)) {
      return this.#plainValue(patch);
    }
    return inner === undefined
      ? mergedPlainLists(original, patch)
      : this.#lists(original, patch, field);
  }

  #lists(original: readonly Json[], patch: readonly Json[], field: Field): readonly Json[] {
    const objects = patch.filter(isJsonObject);
    const key = field.merge.patchKey;
    if (objects.length < patch.length) this.#refuse(`${field.name} is a list of objects`);
    if (objects.some((item) => item["$patch"] === "replace")) {
      return this.#items(objects.filter((item) => item["$patch"] !== "replace"));
    }
    for (const item of objects) {
      if (item[key] !== undefined) continue;
      const text = `map: ${canonicalJson(item)} does not contain declared merge key: ${key}`;
      this.#refuse(text);
    }
    const gone = objects.filter((item) => item["$patch"] === "delete").map(nameBy(key));
    const left = withoutNamed(original, new Set(gone), key);
    const items = objects.filter((item) => item["$patch"] !== "delete");
    return new ElementOrder(key).arrange(this.#withItems(left, items, field), items, original);
  }

  #items(items: readonly JsonObject[]): readonly Json[] {
    return items.filter((item) => item["$patch"] !== "delete").map((item) => this.plain(item));
  }

  /** A list with each item of the patch merged into the first of the same key, or appended. */
  #withItems(list: readonly Json[], items: readonly JsonObject[], field: Field): readonly Json[] {
    const nameOf = nameBy(field.merge.patchKey);
    const merged = [...list];
    const places = new Map<string, number>();
    for (const [index, item] of list.entries()) {
      const name = nameOf(item);
      if (!places.has(name)) places.set(name, index);
    }
    for (const item of items) {
      const index = places.get(nameOf(item)) ?? merged.length;
      const found = merged[index];
      places.set(nameOf(item), index);
      merged[index] = isJsonObject(found)
        ? this.objects(found, item, typeNamed(field.type))
        : this.plain(item);
    }
    return merged;
  }

  #refuseDirective(directive: Json): void {
    this.#refuse(`unknown patch type found: ${JSON.stringify(directive)}`);
  }

  #refuse(problem: string): void {
    this.problem ??= problem;
  }
}

/** A list of plain values as a set, in the order of lists of objects. */
function mergedPlainLists(original: readonly Json[], patch: readonly Json[]): readonly Json[] {
  const byText = new Map([...original, ...patch].map((item) => [canonicalJson(item), item]));
  return new ElementOrder("").arrange([...byText.values()], patch, original);
}

function isMergedList(field: Field | undefined): field is Field {
  return field?.merge.patchStrategies.includes("merge") ?? false;
}

function nameBy(key: string): (item: Json) => string {
  return (item) => (isJsonObject(item) ? canonicalJson(item[key]) : "");
}

function withoutNamed(
  list: readonly Json[],
  names: ReadonlySet<string>,
  key: string,
): readonly Json[] {
  const nameOf = nameBy(key);
  return names.size === 0 ? list : list.filter((item) => !names.has(nameOf(item)));
}

function isDirective(member: string): boolean {
  return (
    member === "$patch" ||
    member === "$retainKeys" ||
    member.startsWith(deletePrefix) ||
    member.startsWith(orderPrefix)
  );
}

function isOnlyDirective(item: Json): boolean {
  return isJsonObject(item) && Object.keys(item).length > 0 && Object.keys(item).every(isDirective);
}

function without(object: JsonObject, member: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));
}

/**
 * JSON patches: a list of operations on places that JSON pointers name.
 *
 * Source: RFC 6902, RFC 6901.
 */
import { canonicalJson, isJsonObject, type Json, objectLimits } from "@beemesh/wire";

/** Kubernetes takes this many operations in one patch. */
export const operationsMax = 10_000;

/** What copies may add, in characters of JSON: as much as a whole object. */
const copiedLengthMax = objectLimits.lengthMax;

/** What a patch makes of a document, or why it cannot be applied. */
export type JsonPatchResult =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      readonly kind: "malformed" | "impossible" | "too-large";
      readonly message: string;
    };

type Failure = Extract<JsonPatchResult, { ok: false }>;

/** Applies a patch: all of it, or none. The document stays as it was. */
export function jsonPatch(document: Json, patch: Json): JsonPatchResult {
  if (!Array.isArray(patch)) return malformed("a JSON patch is a list of operations");
  if (patch.length > operationsMax) {
    const rule = `The allowed maximum operations in a JSON patch is ${operationsMax}`;
    return tooLarge(`${rule}, got ${patch.length}`);
  }
  const draft: Draft = { value: copyOf(document), copiedLength: 0 };
  for (const json of patch) {
    const operation = parseOperation(json);
    const failure = "ok" in operation ? operation : apply(draft, operation);
    if (failure !== undefined) return failure;
    if (draft.copiedLength > copiedLengthMax) return tooLarge("the patch copies too much");
  }
  return { ok: true, value: draft.value };
}

/** JSON that operations change in place: a copy for each would cost the document's size. */
type MutableJson = null | boolean | number | string | MutableJson[] | MutableObject;
interface MutableObject {
  [member: string]: MutableJson;
}

interface Draft {
  value: MutableJson;
  /** Characters of JSON that operations of this patch have copied. */
  copiedLength: number;
}

function copyOf(value: Json): MutableJson {
  const copy: MutableJson = JSON.parse(JSON.stringify(value));
  return copy;
}

function isMutableObject(value: MutableJson | undefined): value is MutableObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Operation {
  readonly op: string;
  readonly path: readonly string[];
  readonly from: readonly string[];
  readonly value: Json | undefined;
}

function parseOperation(json: Json): Operation | Failure {
  if (!isJsonObject(json)) return malformed("an operation is an object");
  const { op, value } = json;
  const [path, from] = [parsePointer(json["path"]), parsePointer(json["from"])];
  const needs = typeof op === "string" ? operationNeeds.get(op) : undefined;
  if (typeof op !== "string" || needs === undefined) {
    return malformed(`unknown operation ${JSON.stringify(op ?? null)}`);
  }
  if (path === undefined) return malformed(`${op} operation without a path`);
  const isMissing = { from: from === undefined, value: value === undefined, path: false }[needs];
  if (isMissing) return malformed(`${op} operation without a ${needs}`);
  return { op, path, from: from ?? [], value };
}

/** What each operation must have beside its path. */
const operationNeeds: ReadonlyMap<string, "from" | "path" | "value"> = new Map([
  ["add", "value"],
  ["replace", "value"],
  ["test", "value"],
  ["move", "from"],
  ["copy", "from"],
  ["remove", "path"],
]);

/** The parts of a pointer, unescaped; undefined if it is none. */
function parsePointer(pointer: Json | undefined): readonly string[] | undefined {
  if (pointer === "") return [];
  if (typeof pointer !== "string" || !pointer.startsWith("/")) return undefined;
  const parts = pointer.slice(1).split("/");
  if (parts.length > objectLimits.depthMax) return undefined;
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function apply(draft: Draft, { op, path, from, value }: Operation): Failure | undefined {
  if (op === "test") return tested(draft, path, value ?? null);
  if (op === "remove") return removed(draft, path);
  if (op === "add") return added(draft, path, copyOf(value ?? null));
  if (op === "replace") return replaced(draft, path, copyOf(value ?? null));
  const source = valueAtPointer(draft.value, from);
  if (source === undefined) return missing(from);
  if (op === "move") return moved(draft, { from, path, source });
  if (nestsTooDeep(source)) return tooLarge("the patch nests too deep");
  draft.copiedLength += JSON.stringify(source).length;
  return added(draft, path, copyOf(source));
}

function moved(
  draft: Draft,
  move: {
    readonly from: readonly string[];
    readonly path: readonly string[];
    readonly source: MutableJson;
  },
): Failure | undefined {
  const { from, path, source } = move;
  const isInside = path.length > from.length && from.every((part, index) => part === path[index]);
  if (isInside) return impossible("a value cannot be moved into itself");
  if (from.length === 0) return undefined;
  return removed(draft, from) ?? added(draft, path, source);
}

/** Whether a value nests deeper than an object may: operations can pile up what text could not. */
export function nestsTooDeep(value: Json, depth: number = objectLimits.depthMax): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth <= 0 || Object.values(value).some((inner: Json) => nestsTooDeep(inner, depth - 1));
}

function tested(draft: Draft, path: readonly string[], value: Json): Failure | undefined {
  const found = valueAtPointer(draft.value, path) ?? null;
  if (nestsTooDeep(found)) return tooLarge("the patch nests too deep");
  // A test for null is met by what is not there, as in Kubernetes.
  return canonicalJson(found) === canonicalJson(value)
    ? undefined
    : impossible(`testing value ${pointerText(path)} failed`);
}

function valueAtPointer(document: MutableJson, path: readonly string[]): MutableJson | undefined {
  let value: MutableJson | undefined = document;
  for (const part of path) {
    if (Array.isArray(value)) value = value[indexOf(part) ?? -1];
    else if (!isMutableObject(value)) return undefined;
    else value = Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}

function added(draft: Draft, path: readonly string[], value: MutableJson): Failure | undefined {
  const part = path.at(-1);
  if (part === undefined) {
    draft.value = value;
    return undefined;
  }
  const holder = valueAtPointer(draft.value, path.slice(0, -1));
  if (Array.isArray(holder)) {
    const index = part === "-" ? holder.length : indexOf(part);
    if (index === undefined || index > holder.length) return missing(path);
    holder.splice(index, 0, value);
    return undefined;
  }
  if (!isMutableObject(holder)) return missing(path);
  setMember(holder, part, value);
  return undefined;
}

function replaced(draft: Draft, path: readonly string[], value: MutableJson): Failure | undefined {
  const part = path.at(-1);
  if (part === undefined) return added(draft, path, value);
  const holder = valueAtPointer(draft.value, path.slice(0, -1));
  if (Array.isArray(holder)) {
    const index = indexOf(part);
    if (index === undefined || index >= holder.length) return missing(path);
    holder[index] = value;
    return undefined;
  }
  if (!isMutableObject(holder) || !Object.hasOwn(holder, part)) return missing(path);
  setMember(holder, part, value);
  return undefined;
}

function removed(draft: Draft, path: readonly string[]): Failure | undefined {
  const part = path.at(-1);
  if (part === undefined) return impossible("the whole document cannot be removed");
  const holder = valueAtPointer(draft.value, path.slice(0, -1));
  if (Array.isArray(holder)) {
    const index = indexOf(part);
    if (index === undefined || index >= holder.length) return missing(path);
    holder.splice(index, 1);
    return undefined;
  }
  if (!isMutableObject(holder) || !Object.hasOwn(holder, part)) return missing(path);
  // oxlint-disable-next-line typescript/no-dynamic-delete -- a draft of JSON, made for this
  delete holder[part];
  return undefined;
}

/** Sets a member whatever its name: plain assignment to `__proto__` would do something else. */
function setMember(object: MutableObject, name: string, value: MutableJson): void {
  Object.defineProperty(object, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function indexOf(part: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/u.test(part) ? Number(part) : undefined;
}

function missing(path: readonly string[]): Failure {
  return impossible(`the path ${pointerText(path)} does not exist`);
}

function pointerText(path: readonly string[]): string {
  const parts = path.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"));
  return `"${parts.map((part) => `/${part}`).join("")}"`;
}

function malformed(message: string): Failure {
  return { ok: false, kind: "malformed", message };
}

function tooLarge(message: string): Failure {
  return { ok: false, kind: "too-large", message };
}

function impossible(message: string): Failure {
  return { ok: false, kind: "impossible", message };
}

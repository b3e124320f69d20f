/**
 * Types of expressions, and which value may stand where.
 *
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#type-checking
 */

/** A type. `dyn` may be anything; a parameter stands for what a call puts in its place. */
export type CelType =
  | { readonly kind: "simple"; readonly name: string }
  | { readonly kind: "dyn" }
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "list"; readonly item: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | { readonly kind: "optional"; readonly item: CelType }
  | ObjectType;

/** An object with the fields that its schema says; others cannot be asked for. */
interface ObjectType {
  readonly kind: "object";
  readonly name: string;
  readonly fields: ReadonlyMap<string, ObjectField>;
}

/** A field as expressions name it, and as the object does. */
export interface ObjectField {
  readonly member: string;
  readonly type: CelType;
}

/** A type that is anything. */
export const dyn: CelType = { kind: "dyn" };

/** A type by its name, such as `int`, `string` or `kubernetes.Quantity`. */
export function simple(name: string): CelType {
  return { kind: "simple", name };
}

export function listOf(item: CelType): CelType {
  return { kind: "list", item };
}

export function mapOf(key: CelType, value: CelType): CelType {
  return { kind: "map", key, value };
}

export function optionalOf(item: CelType): CelType {
  return { kind: "optional", item };
}

/** What the parameters of a signature stand for in one call. */
export type Bindings = Map<string, CelType>;

/** Whether a value of type `actual` may stand where `wanted` is asked for; binds parameters. */
export function isAssignable(actual: CelType, wanted: CelType, bindings?: Bindings): boolean {
  if (wanted.kind === "parameter") return isBound(actual, wanted.name, bindings);
  if (actual.kind === "dyn" || wanted.kind === "dyn") return true;
  if (actual.kind === "simple") return isSimpleAssignable(actual.name, wanted);
  if (actual.kind === "object") return isObjectAssignable(wanted, bindings);
  return areInnerAssignable(actual, wanted, bindings);
}

function areInnerAssignable(
  actual: CelType,
  wanted: CelType,
  bindings: Bindings | undefined,
): boolean {
  const [own, asked] = [innerOf(actual), innerOf(wanted)];
  if (own.length === 0 || actual.kind !== wanted.kind) return false;
  return own.every((type, index) => isAssignable(type, asked[index] ?? dyn, bindings));
}

/** The types of what is in a value. */
function innerOf(type: CelType): readonly CelType[] {
  if (type.kind === "list" || type.kind === "optional") return [type.item];
  return type.kind === "map" ? [type.key, type.value] : [];
}

function isBound(actual: CelType, name: string, bindings: Bindings | undefined): boolean {
  const bound = bindings?.get(name);
  if (bound === undefined || bound.kind === "dyn") {
    bindings?.set(name, actual);
    return true;
  }
  return isAssignable(actual, bound) || isAssignable(bound, actual);
}

function isSimpleAssignable(name: string, wanted: CelType): boolean {
  if (name === "null_type" && wanted.kind !== "simple") return true;
  return wanted.kind === "simple" && wanted.name === name;
}

/** Two schemas that say the same are two types here; what matters is read at evaluation. */
function isObjectAssignable(wanted: CelType, bindings: Bindings | undefined): boolean {
  if (wanted.kind === "map") return isAssignable(simple("string"), wanted.key, bindings);
  return wanted.kind === "object";
}

/** A result type with its parameters put in place. */
export function substituted(type: CelType, bindings: Bindings): CelType {
  if (type.kind === "parameter") return bindings.get(type.name) ?? dyn;
  if (type.kind === "list") return listOf(substituted(type.item, bindings));
  if (type.kind === "optional") return optionalOf(substituted(type.item, bindings));
  return type.kind === "map"
    ? mapOf(substituted(type.key, bindings), substituted(type.value, bindings))
    : type;
}

/** One type for two values in one place: theirs if they agree, else `dyn`. */
export function joined(a: CelType, b: CelType): CelType {
  if (a.kind === "simple" && b.kind === "simple") return a.name === b.name ? a : dyn;
  if (isAssignable(a, b)) return isAssignable(b, a) && b.kind === "dyn" ? b : a;
  return isAssignable(b, a) ? b : dyn;
}

/** How messages write a type. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "simple":
    case "parameter":
      return type.name;
    case "object":
      return type.name;
    case "dyn":
      return "dyn";
    case "list":
      return `list(${typeText(type.item)})`;
    case "optional":
      return `optional_type(${typeText(type.item)})`;
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    default:
      return type satisfies never;
  }
}

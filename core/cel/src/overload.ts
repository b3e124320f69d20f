/** Functions by their signatures: `string.contains(string): bool`, `_+_(int, int): int`. */
import type { Arguments } from "./arguments.ts";
import { type CelType, dyn, listOf, mapOf, optionalOf, simple } from "./type.ts";
import { isList, isMap, OptionalValue, typeNameOf, type Value } from "./value.ts";

/** What a function does with its arguments, the first of which is its target. */
type Action = (given: Arguments) => Value;

/** A function for arguments of certain types. */
export interface Overload {
  readonly name: string;
  readonly isMethod: boolean;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
  readonly act: Action;
}

/** The functions of a library: what each does, by its signature. */
export type Library = Readonly<Record<string, Action>>;

const short: Readonly<Record<string, string>> = {
  Timestamp: "google.protobuf.Timestamp",
  Duration: "google.protobuf.Duration",
  null: "null_type",
  Quantity: "kubernetes.Quantity",
  URL: "kubernetes.URL",
  IP: "net.IP",
  CIDR: "net.CIDR",
  NamedFormat: "kubernetes.NamedFormat",
  Semver: "kubernetes.Semver",
  Authorizer: "kubernetes.authorization.Authorizer",
  PathCheck: "kubernetes.authorization.PathCheck",
  GroupCheck: "kubernetes.authorization.GroupCheck",
  ResourceCheck: "kubernetes.authorization.ResourceCheck",
  Decision: "kubernetes.authorization.Decision",
};

/** Reads the type that a signature names: `list<A>`, `map<string, dyn>`, `Quantity`. */
export function typeOf(text: string): CelType {
  const [, outer, inner = ""] = /^(\w+)<(.*)>$/u.exec(text.trim()) ?? [];
  if (outer === "list") return listOf(typeOf(inner));
  if (outer === "optional") return optionalOf(typeOf(inner));
  if (outer === "map") {
    const cut = inner.indexOf(",");
    return mapOf(typeOf(inner.slice(0, cut)), typeOf(inner.slice(cut + 1)));
  }
  const name = text.trim();
  if (name === "dyn") return dyn;
  if (/^[A-Z]$/u.test(name)) return { kind: "parameter", name };
  return simple(short[name] ?? name);
}

const signature = /^(?:(?<target>\w+(?:<.*>)?)\.)?(?<name>[^(]+)\((?<list>.*)\): (?<result>.+)$/u;

/** The overloads of libraries by name and count of arguments, the target among them. */
export function overloadsOf(
  libraries: readonly Library[],
): ReadonlyMap<string, readonly Overload[]> {
  const overloads = libraries
    .flatMap((library) => Object.entries(library))
    .map(([text, act]) => overloadOf(text, act));
  return Map.groupBy(overloads, ({ name, isMethod, parameters }) =>
    overloadKey(name, isMethod, parameters.length),
  );
}

/** Where the overloads are found that a call may mean. */
export function overloadKey(name: string, isMethod: boolean, count: number): string {
  return `${isMethod ? "." : ""}${name}/${count}`;
}

function overloadOf(text: string, act: Action): Overload {
  const { target, name = "", list = "", result = "dyn" } = signature.exec(text)?.groups ?? {};
  // `net.isIP` is a function of a namespace, not a method of a value.
  const isMethod = target !== undefined && !namespaces.has(target);
  const parameters = partsOf(list).map(typeOf);
  return {
    name: target === undefined || isMethod ? name : `${target}.${name}`,
    isMethod,
    parameters: target !== undefined && isMethod ? [typeOf(target), ...parameters] : parameters,
    result: typeOf(result),
    act,
  };
}

/** What stands before the dot of functions that are methods of nothing. */
export const namespaces: ReadonlySet<string> = new Set([
  "optional",
  "sets",
  "strings",
  "format",
  "ip",
  "cidr",
  "lists",
]);

function partsOf(list: string): readonly string[] {
  if (list.trim() === "") return [];
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of list) {
    depth += character === "<" ? 1 : character === ">" ? -1 : 0;
    if (character === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else {
      part += character;
    }
  }
  return [...parts, part];
}

/** Whether a value is one that a signature asks for. */
export function isOfType(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
    case "parameter":
      return true;
    case "list":
      return isList(value);
    case "map":
    case "object":
      return isMap(value);
    case "optional":
      return value instanceof OptionalValue;
    case "simple":
      return typeNameOf(value) === type.name;
    default:
      return type satisfies never;
  }
}

/**
 * What the served kinds are made of: types, their fields, and how their lists merge. Everything
 * that walks an object (validation, defaults, patches, documents, protobuf) walks it by this.
 */
import { assert } from "@beemesh/base";
import type { Resource } from "./resource.ts";
import { schemaText } from "./schema-data.ts";

/** One field of a type. */
export interface Field {
  /** As in JSON. */
  readonly name: string;
  /** In protobuf; 0 for `apiVersion` and `kind`, which stand outside the message. */
  readonly number: number;
  /** Of the value, or of each value of a list or map: a scalar, or the name of a type. */
  readonly type: string;
  readonly shape: "one" | "list" | "map";
  readonly isRequired: boolean;
  /** Whether the members of its message stand in the JSON of the holder. */
  readonly isInline: boolean;
  readonly merge: MergeRule;
  readonly published: PublishedRule;
}

/** What Kubernetes publishes about the values of a field; empty for most. */
interface PublishedRule {
  /** The texts that the field, or each of its items, may be. */
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly bytesMax?: number;
  readonly itemsMax?: number;
  /** What stands for the member when it is missing. */
  readonly fallback?: string | number | boolean;
  /** Whether a missing object is asked for as if it were an empty one. */
  readonly isImplied?: true;
}

/** How two versions of a field become one. */
interface MergeRule {
  /** Strategic merge patch: `merge`, `retainKeys`, both or none. */
  readonly patchStrategies: readonly string[];
  /** Strategic merge patch: the member that names an item of a list; empty for plain values. */
  readonly patchKey: string;
  /** Server-side apply; atomic if nothing is said. */
  readonly listType: "atomic" | "set" | "map" | undefined;
  /** Server-side apply: the members that together name an item of a list of type `map`. */
  readonly listKeys: readonly string[];
  /** Server-side apply: whether a map or object is owned as a whole. */
  readonly isAtomic: boolean;
  /** Server-side apply: whether an object is owned by member, though its type is atomic. */
  readonly isGranular: boolean;
}

/** A Kubernetes type, such as `core.v1.PodSpec`. */
export interface TypeSchema {
  readonly name: string;
  /** Whether its objects carry `apiVersion` and `kind`. */
  readonly isKind: boolean;
  /** Server-side apply: whether its objects are owned as a whole. */
  readonly isAtomic: boolean;
  /** The members of its JSON form, by name; those of inline messages among them. */
  readonly members: ReadonlyMap<string, Field>;
  /** The fields of its protobuf message, by number. */
  readonly wireFields: ReadonlyMap<number, Field>;
}

/** The type of that name; undefined for scalars, which have no members. */
export function typeNamed(name: string): TypeSchema | undefined {
  return types.get(name);
}

/** The names of all types, in order. */
export function typeNames(): readonly string[] {
  return [...types.keys()];
}

/** The type of a resource's objects. */
export function typeOfResource({ group, version, kind }: Resource): TypeSchema {
  const name = `${schemaGroup(group)}.${version}.${kind}`;
  const type = types.get(name);
  assert(type !== undefined, `the schema has ${name}; run node tools/schema.ts`);
  return type;
}

/** The field at a path of member names below a type, such as `spec`, `template`, `metadata`. */
export function fieldAt(type: TypeSchema, path: readonly string[]): Field | undefined {
  const [first = "", ...rest] = path;
  const field = type.members.get(first);
  if (field === undefined || rest.length === 0) return field;
  const inner = types.get(field.type);
  return inner === undefined ? undefined : fieldAt(inner, rest);
}

/** `core` for the group without a name, `discovery` for `discovery.k8s.io`. */
function schemaGroup(group: string): string {
  return group === "" ? "core" : (group.split(".")[0] ?? group);
}

interface TypeText {
  readonly isKind: boolean;
  readonly isAtomic: boolean;
  readonly fields: Field[];
}

const nothingPublished: PublishedRule = {};
const numberFacts = ["min", "max", "bytesMax", "itemsMax"] as const;
const publishedFact = /^(?:enum|default|min|max|bytesMax|itemsMax)=/u;

const types = parseSchema(schemaText);

function parseSchema(text: string): ReadonlyMap<string, TypeSchema> {
  const texts = new Map<string, TypeText>();
  let current: TypeText = { isKind: false, isAtomic: false, fields: [] };
  for (const line of text.replaceAll("\n    ", " ").trim().split("\n")) {
    if (line.startsWith(" ")) current.fields.push(parseField(line.trim()));
    else {
      const [name = "", ...marks] = line.split(" ");
      current = {
        isKind: marks.includes("kind"),
        isAtomic: marks.includes("atomic"),
        fields: [],
      };
      texts.set(name, current);
    }
  }
  return new Map([...texts].map(([name, type]) => [name, schemaOf(name, type, texts)]));
}

function schemaOf(name: string, type: TypeText, texts: ReadonlyMap<string, TypeText>): TypeSchema {
  const typeMeta = type.isKind ? ["apiVersion 0 string", "kind 0 string"].map(parseField) : [];
  const members = [...typeMeta, ...membersOf(type, texts)];
  return {
    name,
    isKind: type.isKind,
    isAtomic: type.isAtomic,
    members: new Map(members.map((field) => [field.name, field])),
    wireFields: new Map(type.fields.map((field) => [field.number, field])),
  };
}

function membersOf(type: TypeText, texts: ReadonlyMap<string, TypeText>): readonly Field[] {
  return type.fields.flatMap((field) => {
    if (!field.isInline) return [field];
    const inner = texts.get(field.type);
    assert(inner !== undefined, `the schema has ${field.type}`);
    return membersOf(inner, texts);
  });
}

function parseField(text: string): Field {
  const [name = "", number, type = "", ...facts] = text.split(" ");
  return {
    name: name.replace(/^</u, "").replace(/!$/u, ""),
    number: Number(number),
    type: type.replace(/^(?:\[\]|\{\})/u, ""),
    shape: type.startsWith("[]") ? "list" : type.startsWith("{}") ? "map" : "one",
    isRequired: name.endsWith("!"),
    isInline: name.startsWith("<"),
    merge: parseMergeRule(facts),
    published: parsePublished(facts),
  };
}

function parsePublished(facts: readonly string[]): PublishedRule {
  if (!facts.some((fact) => publishedFact.test(fact))) return nothingPublished;
  const textsOf = (name: string): readonly string[] =>
    facts.filter((fact) => fact.startsWith(`${name}=`)).map((fact) => fact.slice(name.length + 1));
  const values = textsOf("enum").flatMap((text) => text.replaceAll("_", " ").split("|"));
  const numbers = numberFacts.flatMap((name) =>
    textsOf(name).map((text): [string, number] => [name, Number(text)]),
  );
  const [fallback] = textsOf("default");
  return {
    ...(values.length === 0 ? {} : { values }),
    ...Object.fromEntries(numbers),
    ...(fallback === "{}" ? { isImplied: true } : {}),
    ...(fallback === undefined || fallback === "{}" ? {} : { fallback: scalarOf(fallback) }),
  };
}

function scalarOf(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+$/u.test(text) ? Number(text) : text;
}

function parseMergeRule(facts: readonly string[]): MergeRule {
  const factNamed = (name: string): readonly string[] =>
    facts
      .find((fact) => fact.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .split(":") ?? [];
  const [strategies = "", patchKey = ""] = factNamed("patch");
  const [listType, listKeys = ""] = factNamed("list");
  return {
    patchStrategies: strategies.split(",").filter((strategy) => strategy !== ""),
    patchKey,
    listType:
      listType === "set" || listType === "map" || listType === "atomic" ? listType : undefined,
    listKeys: listKeys.split(",").filter((key) => key !== ""),
    isAtomic: facts.includes("atomic"),
    isGranular: facts.includes("granular"),
  };
}

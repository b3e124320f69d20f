/**
 * Writes into `core/model/data/kubernetes-types.txt` what Kubernetes publishes about the values of
 * fields: which texts an enumeration has, bounds, and what stands for a member that is missing.
 * Run it when a release is followed:
 *
 *     node tools/published.ts <checkout of kubernetes/api> <folder of OpenAPI v3 documents>
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const factsPath = `${import.meta.dirname}/../core/model/data/kubernetes-types.txt`;

/** Facts that this script writes: those that a line has already are replaced. */
const ownFact = / (?:enum|default|min|max|bytesMax|itemsMax)=\S+/gu;

/** What is published, by `<type>.<field>`: the facts as they stand in a line. */
export type PublishedFacts = ReadonlyMap<string, readonly string[]>;

/** The facts file with everything that is published in its place. */
export function withFacts(text: string, published: PublishedFacts): string {
  let type = "";
  const lines = text.split("\n").map((line) => {
    if (line.startsWith("#") || line === "") return line;
    if (!line.startsWith(" ")) {
      type = line.split(" ")[0] ?? "";
      return line;
    }
    const plain = line.replaceAll(ownFact, "");
    const name = plain.trim().split(" ")[0]?.replace(/!$/u, "") ?? "";
    return [plain, ...(published.get(`${type}.${name}`) ?? [])].join(" ");
  });
  return lines.join("\n");
}

/** A file of Go: its type names begin with `prefix`, such as `apps.v1`. */
export interface GoFile {
  readonly prefix: string;
  readonly text: string;
}

/**
 * Enumerations and bounds of fields, from the marks in the comments of the API's types. Marks
 * that count only with a gate are left out: they are not yet the rule.
 */
export function goFacts(files: readonly GoFile[]): PublishedFacts {
  const values = new Map(files.flatMap(enumerations));
  return new Map(files.flatMap((file) => fieldsOf(file, values)));
}

function enumerations({ prefix, text }: GoFile): (readonly [string, readonly string[]])[] {
  const marked = /\/\/ \+(?:k8s:)?enum\n(?:\s*\/\/.*\n)*type (?<name>\w+) string/gu;
  return [...text.matchAll(marked)].map(({ groups = {} }) => {
    const name = groups["name"] ?? "";
    const constant = new RegExp(`\\b\\w+ +${name} *= *"(?<value>[^"]*)"`, "gu");
    const values = [...text.matchAll(constant)].map((found) => found.groups?.["value"] ?? "");
    return [`${prefix}.${name}`, [...new Set(values)].filter((value) => value !== "").toSorted()];
  });
}

function fieldsOf(
  file: GoFile,
  enumValues: ReadonlyMap<string, readonly string[]>,
): (readonly [string, readonly string[]])[] {
  const aliases = aliasesOf(file.text);
  const structs = file.text.matchAll(/^type (?<name>\w+) struct \{\n(?<body>[\s\S]*?)^\}/gmu);
  return [...structs].flatMap(({ groups = {} }) => {
    const type = `${file.prefix}.${groups["name"] ?? ""}`;
    return goFields(groups["body"] ?? "").flatMap(({ comment, goType, name }) => {
      const plain = goType.replaceAll(/[*[\]]/gu, "");
      const [first = "", second] = plain.split(".");
      const full =
        second === undefined ? `${file.prefix}.${first}` : `${aliases.get(first)}.${second}`;
      const values = goType.startsWith("map") ? [] : (enumValues.get(full) ?? []);
      const facts = [...enumFacts(values), ...bounds(comment)];
      return facts.length === 0 ? [] : [[`${type}.${name}`, facts] as const];
    });
  });
}

/** How much text one fact holds: lines of generated modules are cut between facts only. */
const factLengthMax = 80;

/** A long enumeration stands in several facts, with `_` for spaces. */
function enumFacts(values: readonly string[]): readonly string[] {
  const facts: string[] = [];
  for (const value of values.map((each) => each.replaceAll(" ", "_"))) {
    const last = facts.at(-1);
    if (last === undefined || last.length + 1 + value.length > factLengthMax) {
      facts.push(`enum=${value}`);
    } else facts[facts.length - 1] = `${last}|${value}`;
  }
  return facts;
}

interface GoField {
  readonly comment: string;
  readonly goType: string;
  /** In JSON. */
  readonly name: string;
}

function goFields(body: string): readonly GoField[] {
  const line = /(?<comment>(?:^\s*\/\/.*\n)*)^\s*\w+\s+(?<goType>\S+)\s+`json:"(?<name>\w+)[",]/gmu;
  return [...body.matchAll(line)].map(({ groups = {} }) => ({
    comment: groups["comment"] ?? "",
    goType: groups["goType"] ?? "",
    name: groups["name"] ?? "",
  }));
}

const boundMarks: readonly (readonly [string, string])[] = [
  ["minimum", "min"],
  ["maximum", "max"],
  ["maxBytes", "bytesMax"],
  ["maxItems", "itemsMax"],
];

function bounds(comment: string): readonly string[] {
  return boundMarks.flatMap(([mark, fact]) => {
    const stable = /(?:\/\/ \+k8s:|\+k8s:beta\([^)]*\)=\+k8s:)/u.source;
    const found = new RegExp(`${stable}${mark}=(?<value>-?\\d+)`, "u").exec(comment);
    return found === null ? [] : [`${fact}=${found.groups?.["value"] ?? ""}`];
  });
}

/** By which names a file of Go speaks of the packages of other groups. */
function aliasesOf(text: string): ReadonlyMap<string, string> {
  const imports = text.matchAll(/(?<alias>\w+)? ?"k8s\.io\/api\/(?<group>\w+)\/(?<version>\w+)"/gu);
  return new Map(
    [...imports].map(({ groups = {} }) => [
      groups["alias"] ?? groups["version"] ?? "",
      `${groups["group"]}.${groups["version"]}`,
    ]),
  );
}

interface OpenApiSchema {
  readonly properties?: Readonly<Record<string, { readonly default?: unknown }>>;
}

/**
 * What the documents say of members that are missing. Of Go's own zero values only the empty
 * object is kept: it says that what is in it is asked for all the same.
 */
export function documentFacts(schemas: Readonly<Record<string, OpenApiSchema>>): PublishedFacts {
  const facts = Object.entries(schemas).flatMap(([name, schema]) => {
    const type = name.split(".").slice(-3).join(".");
    return Object.entries(schema.properties ?? {}).flatMap(([field, { default: value }]) => {
      const isZero = value === undefined || value === "" || value === 0 || value === false;
      if (isZero || ["metadata", "status"].includes(field) || field.endsWith("Timestamp"))
        return [];
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return /\s/u.test(text) ? [] : [[`${type}.${field}`, [`default=${text}`]] as const];
    });
  });
  return new Map(facts);
}

function joined(...all: readonly PublishedFacts[]): PublishedFacts {
  const facts = new Map<string, readonly string[]>();
  for (const each of all) {
    for (const [field, own] of each) facts.set(field, [...(facts.get(field) ?? []), ...own]);
  }
  return facts;
}

function readGo(folder: string): readonly GoFile[] {
  return globSync("*/v{1,2}/types.go", { cwd: folder })
    .toSorted()
    .map((path) => ({
      prefix: path.split("/").slice(0, 2).join("."),
      text: readFileSync(join(folder, path), "utf8"),
    }));
}

function readDocuments(folder: string): Readonly<Record<string, OpenApiSchema>> {
  const all = globSync("**/*.json", { cwd: folder }).map((path): object => {
    const document = JSON.parse(readFileSync(join(folder, path), "utf8"));
    return document.components?.schemas ?? {};
  });
  return Object.assign({}, ...all);
}

if (import.meta.main) {
  const [, , api = "", documents = ""] = process.argv;
  const published = joined(goFacts(readGo(api)), documentFacts(readDocuments(documents)));
  writeFileSync(factsPath, withFacts(readFileSync(factsPath, "utf8"), published));
}

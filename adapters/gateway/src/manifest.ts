import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { Composer, type CST, type Document, LineCounter, Parser } from "yaml";
import { yamlTree } from "./yaml-tree.ts";

/** A value that was read, or what is wrong with the text, and where. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** A megabyte of the worst YAML takes some two seconds to read. JSON may be longer. */
const lengthMax = 1_048_576;

/** A manifest of some hundred objects is large; each costs a request. */
const documentsMax = 500;

/** Types of YAML 1.1 that Kubernetes' own reader does not know either. */
const foreignTag = /(?:timestamp|binary|omap|pairs|set)$/u;

/** The value of a document, and what is said of keys that stand twice in it. */
interface YamlValue {
  readonly value: Json;
  readonly doubled: readonly string[];
}

const nothing: YamlValue = { value: null, doubled: [] };

/**
 * Reads one YAML document, or JSON, as Kubernetes does: YAML 1.1 in what concerns `yes`, `0644`
 * and `<<`, but without its dates and base-60 numbers. Anchors may be used as long as the
 * result stays small; doubled keys, own tags and more than one document are refused.
 */
export function parseYaml(text: string): Parsed<Json> {
  const parsed = parseLooseYaml(text);
  if (!parsed.ok) return parsed;
  const [first] = parsed.value.doubled;
  return first === undefined ? { ok: true, value: parsed.value.value } : failure(first);
}

/** Reads one YAML document as {@link parseYaml} does, but of a doubled key the last counts. */
export function parseLooseYaml(text: string): Parsed<YamlValue> {
  const documents = parseDocuments(text);
  if (!documents.ok) return documents;
  const [first = nothing, second] = documents.value;
  if (second !== undefined) return failure("it has more than one document");
  return { ok: true, value: first };
}

/**
 * Reads a manifest: objects of Kubernetes in YAML documents. Empty documents are left out, and
 * the items of a `List` stand for themselves.
 *
 * @param text - Untrusted, at most 1 MiB, and 500 objects.
 */
export function parseManifests(text: string): Parsed<readonly JsonObject[]> {
  const documents = parseDocuments(text);
  if (!documents.ok) return documents;
  const objects: JsonObject[] = [];
  for (const [index, { value, doubled }] of documents.value.entries()) {
    const [first] = doubled;
    if (first !== undefined) return failure(first);
    if (value === null) continue;
    const found = isJsonObject(value) && isList(value) ? value["items"] : [value];
    for (const object of Array.isArray(found) ? found : []) {
      if (!isManifest(object)) {
        return failure(`document ${index + 1} is no object with apiVersion, kind and metadata`);
      }
      objects.push(object);
    }
  }
  if (objects.length > documentsMax) return failure(`it has more than ${documentsMax} objects`);
  return { ok: true, value: objects };
}

function parseDocuments(text: string): Parsed<readonly YamlValue[]> {
  if (text.length > lengthMax) return failure(`it is longer than ${lengthMax} characters`);
  const lines = new LineCounter();
  const values: YamlValue[] = [];
  try {
    for (const document of composed(text, lines)) {
      const tree = yamlTree(document, lines);
      if (tree.problem !== undefined) return failure(tree.problem);
      values.push(tree);
      if (values.length > documentsMax) return failure(`it has over ${documentsMax} documents`);
    }
  } catch (error) {
    // The reader recurses into collections.
    if (error instanceof RangeError) return failure("it nests too deep");
    throw error;
  }
  return { ok: true, value: values };
}

/** The documents of a text, one by one; the one in which something is wrong is the last. */
function composed(text: string, lines: LineCounter): Iterable<Document.Parsed> {
  const composer = new Composer({
    version: "1.1",
    strict: true,
    stringKeys: true,
    // Looked for while the tree is built: here it would take the square of the keys.
    uniqueKeys: false,
    logLevel: "silent",
    customTags: (tags) =>
      tags.filter(
        (tag) => typeof tag === "string" || (tag.format !== "TIME" && !foreignTag.test(tag.tag)),
      ),
  });
  return composer.compose(tokens(text, lines), true, text.length);
}

/** Reads up to the first error: a text of nothing but errors takes seconds. */
function tokens(text: string, lines: LineCounter): CST.Token[] {
  const read: CST.Token[] = [];
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    read.push(token);
    if (token.type === "error") break;
  }
  return read;
}

function isList(value: JsonObject): boolean {
  return value["apiVersion"] === "v1" && value["kind"] === "List";
}

function isManifest(value: unknown): value is JsonObject {
  return (
    isJsonObject(value) &&
    typeof value["apiVersion"] === "string" &&
    typeof value["kind"] === "string" &&
    isJsonObject(value["metadata"])
  );
}

function failure(problem: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message: `Cannot read YAML: ${problem}` };
}

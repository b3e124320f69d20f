import type { Json } from "@beemesh/wire";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
} from "yaml";

/** The value of a YAML document, or what is wrong with it. */
export type Tree =
  | {
      readonly value: Json;
      /** What is said of keys that stand twice; the last of each counts. */
      readonly doubled: readonly string[];
      readonly problem?: undefined;
    }
  | { readonly problem: string };

/** As deep as JSON may nest. */
const depthMax = 64;

/**
 * Values of a document with all its anchors written out. A manifest of 1.5 MB has some 100,000;
 * "billion laughs" has a billion.
 */
const valuesMax = 300_000;

/** Doubled keys of a document; one with more is nonsense. */
const doubledMax = 100;

/** Why a document has no value. */
class TreeProblem extends Error {}

/** Turns a document into JSON: a fresh tree, without shared parts, of bounded size and depth. */
export function yamlTree(document: Document.Parsed, lines: LineCounter): Tree {
  const found = document.errors[0] ?? document.warnings[0];
  if (found) {
    const { line, col } = lines.linePos(found.pos[0]);
    return { problem: `${found.message} at line ${line}, column ${col}` };
  }
  try {
    const builder = new TreeBuilder(lines);
    const value = builder.build(document.contents, 0);
    return { value, doubled: builder.doubled };
  } catch (error) {
    if (error instanceof TreeProblem) return { problem: error.message };
    throw error;
  }
}

class TreeBuilder {
  /** The nodes that have been named so far. The library's own look-up takes the whole document. */
  readonly #anchors = new Map<string, Node>();
  readonly #lines: LineCounter;
  /** What is said of keys that stand twice. */
  readonly doubled: string[] = [];
  #values = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  build(source: unknown, depth: number): Json {
    this.#count(depth);
    const node = this.#resolve(source);
    if (node === null || node === undefined) return null;
    if (isScalar(node)) return scalarValue(node.value);
    if (isSeq(node)) return node.items.map((item) => this.build(item, depth + 1));
    if (isMap(node)) return Object.fromEntries(this.#members(node, depth));
    throw new TreeProblem("it has something that JSON cannot hold");
  }

  #members(map: YAMLMap, depth: number): Map<string, Json> {
    const members = new Map<string, Json>();
    const merged: unknown[] = [];
    for (const { key, value } of map.items) {
      const name = keyText(key);
      if (members.has(name)) this.#double(name, key);
      if (isMerge(key)) merged.push(this.#resolve(value));
      else members.set(name, this.build(value, depth + 1));
    }
    for (const source of merged) this.#merge(members, source, depth + 1);
    return members;
  }

  #double(name: string, key: unknown): void {
    if (this.doubled.length >= doubledMax) throw new TreeProblem("it has too many doubled keys");
    const { line } = this.#lines.linePos(placeOf(key));
    this.doubled.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
  }

  /** `<<`: takes over the members of another map, or of several, that are not there yet. */
  #merge(members: Map<string, Json>, source: unknown, depth: number): void {
    this.#count(depth);
    const node = this.#resolve(source);
    if (isSeq(node)) {
      for (const item of node.items) this.#merge(members, item, depth + 1);
    } else if (isMap(node)) {
      for (const [name, value] of this.#members(node, depth)) {
        if (!members.has(name)) members.set(name, value);
      }
    } else throw new TreeProblem("it merges what is no map");
  }

  #count(depth: number): void {
    this.#values += 1;
    if (this.#values > valuesMax) throw new TreeProblem("it is too large with its aliases");
    if (depth > depthMax) throw new TreeProblem("it nests too deep");
  }

  /** The node that an alias stands for; any other node is remembered if it has a name. */
  #resolve(source: unknown): unknown {
    if (isAlias(source)) {
      const node = this.#anchors.get(source.source);
      if (node === undefined) throw new TreeProblem(`its alias ${source.source} has no anchor`);
      return node;
    }
    const name = isNode(source) && "anchor" in source ? source.anchor : undefined;
    if (isNode(source) && name !== undefined) this.#anchors.set(name, source);
    return source;
  }
}

function placeOf(key: unknown): number {
  return isScalar(key) ? (key.range?.[0] ?? 0) : 0;
}

function keyText(key: unknown): string {
  if (!isScalar(key) || typeof key.value !== "string") {
    throw new TreeProblem("it has a key that is no text");
  }
  return key.value;
}

/** A quoted `"<<"` is a plain key. */
function isMerge(key: unknown): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

function scalarValue(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TreeProblem("it has a number that JSON cannot hold");
}

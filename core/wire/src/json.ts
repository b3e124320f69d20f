/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object whose members are not yet known. */
export interface JsonObject {
  readonly [member: string]: Json;
}

/** Whether `value` is a JSON object: neither null, nor a list, nor a scalar. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a reader accepts of JSON from outside. */
export interface JsonLimits {
  /** UTF-16 code units of the text. */
  readonly lengthMax: number;
  /** Objects and lists inside each other. */
  readonly depthMax: number;
}

/** One object of Kubernetes is at most 1.5 MB (its etcd limit); a patch may nest 64 deep. */
export const objectLimits: JsonLimits = { lengthMax: 1_572_864, depthMax: 64 };

/**
 * Reads JSON from outside.
 *
 * @returns The value, or undefined if the text is no JSON or over a limit.
 */
export function parseJson(text: string, limits: JsonLimits = objectLimits): Json | undefined {
  if (text.length > limits.lengthMax || depthOf(text) > limits.depthMax) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/**
 * Writes JSON in the one canonical form: members sorted by code unit, no white space. Equal
 * values give equal text, which is what hashes and comparisons need. Members that are undefined
 * are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  }
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((member) => value[member] !== undefined)
    .toSorted()
    .map((member) => `${JSON.stringify(member)}:${canonicalJson(value[member])}`);
  return `{${members.join(",")}}`;
}

/** UTF-16 units of `"`, `\`, `{`, `}`, `[` and `]`. */
const units = {
  quote: 34,
  backslash: 92,
  brace: 123,
  braceEnd: 125,
  bracket: 91,
  bracketEnd: 93,
} as const;

/** The depth of JSON text, by counting brackets outside strings; no text is parsed for it. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (inString) {
      if (unit === units.backslash) index += 1;
      else if (unit === units.quote) inString = false;
    } else if (unit === units.quote) inString = true;
    else if (unit === units.brace || unit === units.bracket) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (unit === units.braceEnd || unit === units.bracketEnd) depth -= 1;
  }
  return deepest;
}

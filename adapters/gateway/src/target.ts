/** What a request line asks for. */
export interface Target {
  /** Decoded segments without empty ones. */
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, readonly string[]>;
}

/** Arguments of an exec come one by one; no shell takes more than some hundreds. */
const queryValuesMax = 1000;

/**
 * Reads the target of a request, such as `/api/v1/pods?watch=true`.
 *
 * @param url - Untrusted; in origin form, its length is bounded by the limit of the header.
 * @returns Undefined if the escapes are malformed, a segment could be taken for two or for a
 *   parent (`%2F`, `..`, a control character), or the query has more than 1,000 values.
 */
export function parseTarget(url: string): Target | undefined {
  if (!url.startsWith("/")) return undefined;
  const [rawPath = "", rawQuery = ""] = splitOnce(url.replace(/#.*$/su, ""), "?");
  const path: string[] = [];
  for (const raw of rawPath.split("/")) {
    if (raw === "") continue;
    const segment = decodeSegment(raw);
    if (segment === undefined) return undefined;
    path.push(segment);
  }
  const query = new Map<string, string[]>();
  let values = 0;
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    values += 1;
    if (values > queryValuesMax) return undefined;
    const known = query.get(name);
    if (known === undefined) query.set(name, [value]);
    else known.push(value);
  }
  return { path, query };
}

function decodeSegment(raw: string): string | undefined {
  try {
    const segment = decodeURIComponent(raw);
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    return segment === "." || segment === ".." || /[/\u0000-\u001f\u007f]/u.test(segment)
      ? undefined
      : segment;
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

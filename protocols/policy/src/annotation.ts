import type { KubeObject } from "@beemesh/model";

/** Of a Namespace: nothing enters from other namespaces unless a policy allows it. */
const defaultDenyAnnotation = "beemesh.io/default-deny";

/** Of a NetworkPolicy: names outside the mesh that the pods it selects may call. */
const egressNamesAnnotation = "beemesh.io/egress-names";

/** Names of one policy: each name that is looked up is compared with all of them. */
const egressNamesMax = 256;

/** Characters of the annotation: as many as so many names have. */
const egressTextMax = 32_768;

/** Names outside the mesh that may be called. */
export interface NamePattern {
  /** Lower case, without the last dot. */
  readonly name: string;
  /** Whether one or more labels must stand before the name. */
  readonly isWildcard: boolean;
  /** The only port that may be called; any without one. */
  readonly port: number | undefined;
}

/** Whether a Namespace asks for default deny: `beemesh.io/default-deny: "true"`. */
export function isDefaultDeny({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[defaultDenyAnnotation] === "true";
}

/**
 * The names of `beemesh.io/egress-names`, such as `api.example.com,*.example.org:443`. An entry
 * that is malformed allows nothing, and neither does an annotation that is too long.
 */
export function egressNamesOf({ metadata }: KubeObject): readonly NamePattern[] {
  const text: unknown = metadata.annotations?.[egressNamesAnnotation];
  if (typeof text !== "string" || text.length > egressTextMax) return [];
  const entries = text.split(",").slice(0, egressNamesMax);
  return entries.flatMap((entry) => patternOf(entry.trim().toLowerCase()) ?? []);
}

/** Whether a pattern has a name in it, at a port; at any without one. */
export function holdsName(
  { name: wanted, isWildcard, port: only }: NamePattern,
  name: string,
  port?: number,
): boolean {
  if (only !== undefined && port !== undefined && only !== port) return false;
  return isWildcard
    ? name.endsWith(`.${wanted}`) && name.length > wanted.length + 1
    : name === wanted;
}

const labelText = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const entryPattern = new RegExp(
  `^(?<star>\\*\\.)?(?<name>${labelText}(?:\\.${labelText})*)\\.?(?::(?<port>[1-9]\\d{0,4}))?$`,
  "u",
);

function patternOf(entry: string): NamePattern | undefined {
  const { star, name, port } = entryPattern.exec(entry)?.groups ?? {};
  const number = port === undefined ? undefined : Number(port);
  if (name === undefined || name.length > 253 || (number ?? 1) > 65_535) return undefined;
  return { name, isWildcard: star !== undefined, port: number };
}

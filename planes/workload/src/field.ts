/** Reading members of objects that any member of the mesh has signed: nothing of them is sure. */
import { isJsonObject, type JsonObject } from "@beemesh/wire";

/** The member of an object; undefined if there is no object or no such member. */
export function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Text, or `other` for anything else. */
export function textOr(value: unknown, other: string): string {
  return typeof value === "string" && value !== "" ? value : other;
}

/** The texts of a list; of anything else none. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** The objects of a list; of anything else none. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The members that are text, as labels and annotations are. */
export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  const entries = Object.entries(value).flatMap(([key, text]): [string, string][] =>
    typeof text === "string" ? [[key, text]] : [],
  );
  return Object.fromEntries(entries);
}

/** A number of a port; undefined for anything else. */
export function portOf(value: unknown): number | undefined {
  const isPort = typeof value === "number" && Number.isInteger(value);
  return isPort && value >= 1 && value <= 65_535 ? value : undefined;
}

/** TCP unless it says otherwise, as in Kubernetes; undefined for what is none. */
export function protocolOf(value: unknown): "TCP" | "UDP" | "SCTP" | undefined {
  const protocol = value ?? "TCP";
  return protocol === "TCP" || protocol === "UDP" || protocol === "SCTP" ? protocol : undefined;
}

import { isJsonObject, type Json } from "@beemesh/wire";
import { isUid } from "./message.ts";

/** What two machines say to each other about a pod that a sidecar misses. */
export type ClaimMessage =
  /** "A sidecar here misses pod `u`, which is yours. Do you run it?" */
  | { readonly k: "c.ask"; readonly u: string }
  /** "I run pod `u`", or not. */
  | { readonly k: "c.told"; readonly u: string; readonly r: boolean };

/** Reads a message of claims; undefined for what no honest peer sends. */
export function decodeClaimMessage(json: Json): ClaimMessage | undefined {
  if (!isJsonObject(json)) return undefined;
  const { k, u, r } = json;
  if (!isUid(u)) return undefined;
  if (k === "c.ask") return { k, u };
  return k === "c.told" && typeof r === "boolean" ? { k, u, r } : undefined;
}

import { type BiddingMessage, decodeBiddingMessage } from "@beemesh/bidding";
import { decodeMembershipMessage, type MembershipMessage } from "@beemesh/membership";
import { decodeRegistryMessage, type RegistryMessage } from "@beemesh/registry";
import { type ClaimMessage, decodeClaimMessage } from "@beemesh/replicas";
import { isJsonObject, type Json } from "@beemesh/wire";

/** A message of one of the machine's protocols. */
export type MachineMessage =
  | { readonly protocol: "membership"; readonly message: MembershipMessage }
  | { readonly protocol: "registry"; readonly message: RegistryMessage }
  | { readonly protocol: "bidding"; readonly message: BiddingMessage }
  | { readonly protocol: "claims"; readonly message: ClaimMessage };

/** The topic on which machines come and go. */
export const membersTopic = "members";

/** The topic of tasks for machines of an architecture: one shard while a mesh is small. */
export function taskTopic(architecture: string): string {
  return `task/${architecture}/0`;
}

/** Kinds of bidding; the registry's begin with `r.`, claims' with `c.`, others are membership's. */
const biddingKinds: ReadonlySet<unknown> = new Set<BiddingMessage["k"]>([
  "task",
  "bid",
  "explain",
  "award",
  "confirm",
  "refuse",
  "revoke",
]);

/**
 * Reads a message of any protocol: each has kinds of its own, so that no envelope is needed and
 * a heartbeat stays small. Undefined for what no honest peer sends.
 */
export function openEnvelope(json: Json): MachineMessage | undefined {
  const kind = isJsonObject(json) ? json["k"] : undefined;
  if (typeof kind !== "string") return undefined;
  if (kind.startsWith("r.")) {
    const message = decodeRegistryMessage(json);
    return message && { protocol: "registry", message };
  }
  if (kind.startsWith("c.")) {
    const message = decodeClaimMessage(json);
    return message && { protocol: "claims", message };
  }
  if (biddingKinds.has(kind)) {
    const message = decodeBiddingMessage(json);
    return message && { protocol: "bidding", message };
  }
  const message = decodeMembershipMessage(json);
  return message && { protocol: "membership", message };
}

/** A message as the link carries it. */
export function toJson(message: MachineMessage["message"]): Json {
  // Messages are plain data by their types; only optional members keep them from being Json.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return message as unknown as Json;
}

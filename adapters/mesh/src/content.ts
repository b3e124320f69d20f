import { hash } from "node:crypto";
import type { PeerId } from "@beemesh/wire";
import type { KadDHT } from "@libp2p/kad-dht";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";

/** Codec "raw" and hash "sha2-256" of the multicodec table. */
const raw = 0x55;
const sha256 = 0x12;

/** How long a lookup may take, in milliseconds. */
const lookupMsMax = 10_000;

/** The content ID by which a key is known in the hash table. */
export function contentIdOf(key: string): CID {
  return CID.createV1(raw, create(sha256, hash("sha256", key, "buffer")));
}

/** Says in the hash table that this machine has what `key` names. */
export async function provideIn(dht: KadDHT, key: string): Promise<void> {
  const signal = AbortSignal.timeout(lookupMsMax);
  for await (const _ of dht.provide(contentIdOf(key), { signal })) {
    // Each event is one peer that was told; their number does not matter here.
  }
}

/** Who says that it has what `key` names, up to `countMax` machines. */
export async function findIn(dht: KadDHT, key: string, countMax: number): Promise<PeerId[]> {
  const found = new Set<PeerId>();
  const signal = AbortSignal.timeout(lookupMsMax);
  for await (const event of dht.findProviders(contentIdOf(key), { signal })) {
    if (event.name !== "PROVIDER" && event.name !== "PEER_RESPONSE") continue;
    for (const { id } of event.providers) found.add(id.toString());
    if (found.size >= countMax) break;
  }
  return [...found].slice(0, countMax);
}

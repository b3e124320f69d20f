/**
 * What travels: JSON with limits, stamps of the mesh's clock, signed entries, addresses.
 *
 * @module
 */

export { addressBytes, addressText } from "./address-bytes.ts";
export { doubledMembers } from "./doubled-member.ts";
export {
  type CollectionId,
  collectionOf,
  type Entry,
  type EntryPart,
  entryKey,
  entryText,
  type RecordName,
  type UnsignedEntry,
} from "./entry.ts";
export {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonLimits,
  type JsonObject,
  objectLimits,
  parseJson,
} from "./json.ts";
export { isPeerId, type PeerId } from "./peer.ts";
export { peerIdOf, publicKeyOf } from "./peer-id.ts";
export {
  formatStamp,
  isStamp,
  readStamp,
  type Stamp,
  type StampParts,
  stampCounterMax,
} from "./stamp.ts";

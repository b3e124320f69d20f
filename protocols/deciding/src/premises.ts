import type { ApiRequest } from "@beemesh/ports";
import type { CollectionId, Entry, PeerId, RecordName, Stamp } from "@beemesh/wire";
import type { Case } from "./case.ts";
import type { RecordStamp } from "./record.ts";

/** What is looked up of the machine at the moment at which it counts. Nothing here waits. */
export interface Premises {
  /** Where a request is decided; undefined for what this machine answers itself. */
  caseOf(request: ApiRequest): Case | undefined;
  /** The live machines that decide a collection, the one that decides first of all first. */
  orderOf(collection: CollectionId): readonly PeerId[];
  /** Whether this machine decides anything: it is settled, and its disk takes what it writes. */
  canDecide(): boolean;
  /** Whether this machine has heard of all that it would have to know to decide. */
  isKnown(matter: Pick<Case, "collection" | "record">): boolean;
  /** Whether a machine may write to a collection, by its certificate. */
  mayWrite(peer: PeerId, collection: CollectionId): boolean;
  /** The newest revision that this machine has given out. */
  revision(): string;
  /** What clients of this machine see as the version of an object; empty if it is not there. */
  revisionOf(record: RecordName): string;
  /** An object's signed parts, a deletion included; none for an empty name. */
  partsOf(record: RecordName): readonly Entry[];
  /** The version of one part that is held here. */
  stampOf(part: Omit<RecordStamp, "stamp">): Stamp | undefined;
}

import type { Case, Premises } from "@beemesh/deciding";
import { findResource } from "@beemesh/model";
import type { ApiRequest, ObjectStore } from "@beemesh/ports";
import {
  type CollectionId,
  collectionOf,
  type Entry,
  type PeerId,
  type Stamp,
} from "@beemesh/wire";
import type { Api } from "./api.ts";
import { jurisdictionOf } from "./jurisdiction.ts";

/** Who decides what on this machine's behalf, as its registry knows it. */
export interface Deciders {
  orderOf(collection: CollectionId): readonly PeerId[];
  mayWrite(peer: PeerId, collection: CollectionId): boolean;
  /** Whether this machine decides anything yet: it had time to hear of the others. */
  readonly mayAct: boolean;
  /** Whether all of a collection is here, as far as its keepers know. */
  isKept(collection: CollectionId): boolean;
  /** Whether all of a collection is here, or follows its keepers closely. */
  isKnown(collection: CollectionId): boolean;
  partsOf(collection: CollectionId, name: string): readonly Entry[];
  stampOf(collection: CollectionId, name: string, part: string): Stamp | undefined;
}

export interface PremisesOptions {
  readonly api: Pick<Api, "revisionOf">;
  readonly objects: ObjectStore;
  readonly deciders: Deciders;
  /** Whether this machine's disk takes what it writes. */
  readonly isDiskWell: () => boolean;
}

/** What a machine's decisions rest on: looked up in its objects, as its API shows them. */
export function premisesOf({ api, objects, deciders, isDiskWell }: PremisesOptions): Premises {
  return {
    caseOf: (request) => caseOf(request, objects),
    orderOf: (collection) => deciders.orderOf(collection),
    canDecide: () => deciders.mayAct && isDiskWell(),
    isKnown: ({ collection, record }) =>
      deciders.mayAct && deciders.isKept(collection) && deciders.isKnown(record.collection),
    mayWrite: (peer, collection) => deciders.mayWrite(peer, collection),
    revision: () => objects.revision,
    revisionOf: ({ collection, name }) => {
      const [kind = "", namespace = ""] = collection.split("/");
      const [plural = "", ...group] = kind.split(".");
      const resource = objects.resources.find(group.join("."), plural);
      const scope = namespace === "-" ? "" : namespace;
      return (resource && api.revisionOf(resource, scope, name)) ?? "";
    },
    partsOf: ({ collection, name }) => deciders.partsOf(collection, name),
    stampOf: ({ collection, name, part }) => deciders.stampOf(collection, name, part),
  };
}

function caseOf(request: ApiRequest, objects: ObjectStore): Case | undefined {
  const quotas = findResource("", "resourcequotas");
  const hasQuota = (namespace: string): boolean =>
    quotas !== undefined && objects.list(quotas, namespace).items.length > 0;
  const place = jurisdictionOf(request, objects.resources, hasQuota);
  if (place === undefined) return undefined;
  const { collection, resource, namespace, name, isCounted } = place;
  const scope = resource.namespaced ? namespace : "";
  const written = collectionOf(resource.name, resource.group, scope);
  return { collection, record: { collection: written, name }, namespace, isCounted };
}

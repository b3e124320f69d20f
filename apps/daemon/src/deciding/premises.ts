import { type Api, jurisdictionOf } from "@beemesh/apiserver";
import type { Case, Premises } from "@beemesh/deciding";
import type { Machine } from "@beemesh/machine";
import { findResource } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { collectionOf } from "@beemesh/wire";
import type { Host } from "../host.ts";

export interface PremisesOptions {
  readonly machine: Pick<Machine, "deciders" | "objects">;
  readonly api: Pick<Api, "revisionOf">;
  readonly host: Pick<Host, "health">;
}

/** What decisions of this machine rest on. */
export function premisesOf({ machine, api, host }: PremisesOptions): Premises {
  const { deciders, objects } = machine;
  return {
    caseOf: (request) => caseOf(request, objects),
    orderOf: (collection) => deciders.orderOf(collection),
    canDecide: () => deciders.mayAct && host.health.disk === "",
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

function caseOf(request: ApiRequest, objects: Machine["objects"]): Case | undefined {
  const quotas = findResource("", "resourcequotas");
  const hasQuota = (namespace: string): boolean =>
    quotas !== undefined && objects.list(quotas, namespace).items.length > 0;
  const place = jurisdictionOf(request, objects.resources, hasQuota);
  if (place === undefined) return undefined;
  const { collection, resource, name, isCounted } = place;
  const namespace = resource.namespaced ? place.namespace : "";
  const written = collectionOf(resource.name, resource.group, namespace);
  return {
    collection,
    record: { collection: written, name },
    namespace: place.namespace,
    isCounted,
  };
}

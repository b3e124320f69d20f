import { type KubeObject, matches, selectorOfLabels } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { standInOf } from "@beemesh/workload";
import type { Endpoint, EndpointPort } from "./endpoint.ts";
import { externalWorkloadResource } from "./kinds.ts";
import type { Service, ServicePort } from "./service.ts";
import { isEnding, type View } from "./view.ts";

/** A program outside any container, on one machine, as far as Services lead to it. */
export interface ExternalWorkload extends KubeObject {
  readonly spec: {
    /** Name of the Node that it is on. */
    readonly machine: string;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly protocol?: string;
    }[];
  };
  readonly status?: { readonly ready?: boolean };
}

/** Whether an object is an ExternalWorkload that says where it is. */
function isExternalWorkload(object: KubeObject): object is ExternalWorkload {
  if (object.kind !== "ExternalWorkload" || !isJsonObject(object.spec)) return false;
  const { machine, ports = [] } = object.spec;
  return typeof machine === "string" && Array.isArray(ports) && ports.every(isJsonObject);
}

/** The programs outside containers of a namespace, of all without one. */
export function externalWorkloads(
  store: ObjectStore,
  namespace?: string,
): readonly ExternalWorkload[] {
  if (externalWorkloadResource === undefined) return [];
  return store.list(externalWorkloadResource, namespace).items.filter(isExternalWorkload);
}

/**
 * The programs outside containers that a Service selects, as endpoints. Each is called by an
 * address that is computed from its uid and stands in for it; its own is its machine's matter.
 */
export function externalEndpoints(service: Service, { store, members }: View): readonly Endpoint[] {
  const { selector, ports = [], publishNotReadyAddresses = false } = service.spec;
  const wanted = selectorOfLabels(selector);
  return externalWorkloads(store, service.metadata.namespace)
    .filter(({ metadata }) => matches(wanted, metadata.labels))
    .filter(({ spec }) => members.isAlive(spec.machine))
    .map((target) => {
      const { name: hostname, uid = "" } = target.metadata;
      const isServing = target.status?.ready === true || publishNotReadyAddresses;
      return {
        target,
        machine: target.spec.machine,
        hostname,
        ip: standInOf("program", uid),
        isReady: isServing && (publishNotReadyAddresses || !isEnding(target)),
        isServing,
        ports: ports.flatMap((port) => portOf(port, target)),
      };
    });
}

/** A port by its number, or by the name that the program gives it. */
function portOf(service: ServicePort, { spec }: ExternalWorkload): EndpointPort[] {
  const { name = "", port, protocol = "TCP", appProtocol, targetPort = port } = service;
  const own = spec.ports?.find(
    (each) =>
      (each.protocol ?? "TCP") === protocol &&
      (each.port === targetPort || each.name === targetPort),
  );
  if (own === undefined) return [];
  const spoken = appProtocol === undefined ? {} : { appProtocol };
  return [{ name, port: own.port, protocol, ...spoken }];
}

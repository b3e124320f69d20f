import type { KubeObject } from "@beemesh/model";
import { memberOf, objectsOf, textOr, textsOf } from "./field.ts";
import { readPorts, type ServicePort } from "./service-record.ts";

/** One of the endpoints in an EndpointSlice. */
export interface SliceEndpoint {
  /** Of the pod or program; empty for an address of something else. */
  readonly uid: string;
  readonly ips: readonly string[];
  /** Empty if it has none. */
  readonly hostname: string;
  readonly isReady: boolean;
  /** Whether it still serves although it is ending. */
  readonly isServing: boolean;
}

/** An EndpointSlice. */
export interface SliceRecord {
  /** Of its Service: `<namespace>/<name>`; empty if it has none. */
  readonly service: string;
  readonly ports: readonly ServicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

const serviceLabel = "kubernetes.io/service-name";

/**
 * Reads an EndpointSlice; what is malformed of it is left out. A condition that is not given
 * holds, as Kubernetes means it.
 */
export function readSlice(slice: KubeObject): SliceRecord {
  const { namespace = "", labels } = slice.metadata;
  const name = textOr(labels?.[serviceLabel], "");
  return {
    service: name === "" ? "" : `${namespace}/${name}`,
    ports: readPorts(slice["ports"]),
    endpoints: objectsOf(slice["endpoints"]).map((each): SliceEndpoint => {
      const { conditions, targetRef } = each;
      const isReady = memberOf(conditions, "ready") !== false;
      const serving = memberOf(conditions, "serving");
      return {
        uid: textOr(memberOf(targetRef, "uid"), ""),
        ips: textsOf(each["addresses"]),
        hostname: textOr(each["hostname"], ""),
        isReady,
        isServing: typeof serving === "boolean" ? serving : isReady,
      };
    }),
  };
}

import type { KubeObject } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";

/** A port of a Service. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly targetPort?: number | string;
  /** The port of the machines that leads to it. */
  readonly nodePort?: number;
}

/** A Service, as far as it is acted upon. */
export interface Service extends KubeObject {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
    readonly publishNotReadyAddresses?: boolean;
    readonly allocateLoadBalancerNodePorts?: boolean;
  };
}

/** Whether an object is a Service with a spec. */
export function isService(object: KubeObject): object is Service {
  return object.kind === "Service" && isJsonObject(object.spec);
}

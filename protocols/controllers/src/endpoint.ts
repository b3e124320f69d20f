import type { KubeObject } from "@beemesh/model";

/** Where a pod serves what a Service offers. */
export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** What a Service leads to. */
export interface Endpoint {
  /** A pod, or a program outside containers. */
  readonly target: KubeObject;
  readonly machine: string;
  readonly hostname: string | undefined;
  readonly ip: string;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly ports: readonly EndpointPort[];
}

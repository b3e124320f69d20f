import type { JsonObject } from "@beemesh/wire";
import { type Reach, reachSpecOf } from "./reach.ts";

/** What somebody wants to attach to the mesh. */
export interface AttachWish {
  readonly namespace: string;
  readonly name: string;
  /** The machine that the program is on. */
  readonly machine: string;
  readonly address: string;
  readonly ports: readonly number[];
  readonly serviceAccount: string;
  /** Services that it calls. */
  readonly reaches: readonly Reach[];
}

/** Label of what is attached, by which its Service finds it. */
const nameLabel = "beemesh.io/external-workload";

/** The API's paths of both objects, and the daemon's of what its owner agrees to. */
export function attachmentPaths({ namespace, name }: Pick<AttachWish, "namespace" | "name">): {
  readonly workload: string;
  readonly service: string;
  readonly consent: string;
} {
  return {
    workload: `apis/beemesh.io/v1/namespaces/${namespace}/externalworkloads/${name}`,
    service: `api/v1/namespaces/${namespace}/services/${name}`,
    consent: `/v1/consents/${namespace}/${name}`,
  };
}

/** The program's record. Its machine asks the first port whether somebody listens. */
export function workloadOf(wish: AttachWish): JsonObject {
  const { namespace, name, machine, address, ports, serviceAccount, reaches } = wish;
  const [first] = ports;
  return {
    apiVersion: "beemesh.io/v1",
    kind: "ExternalWorkload",
    metadata: { namespace, name, labels: { [nameLabel]: name } },
    spec: {
      machine,
      address,
      serviceAccountName: serviceAccount,
      ports: ports.map((port) => ({ name: portName(port), port, protocol: "TCP" })),
      ...(reaches.length > 0 && { reach: reaches.map(reachSpecOf) }),
      ...(first !== undefined && { readinessProbe: { tcpSocket: { port: first } } }),
    },
  };
}

/** A Service that leads to it. */
export function serviceOf({ namespace, name, ports }: AttachWish): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: {
      selector: { [nameLabel]: name },
      ports: ports.map((port) => ({
        name: portName(port),
        port,
        targetPort: port,
        protocol: "TCP",
      })),
    },
  };
}

/** Whether a Service is one that `attach` has made, or would. */
export function isAttachedService(selector: unknown, name: string): boolean {
  return JSON.stringify(selector) === JSON.stringify({ [nameLabel]: name });
}

function portName(port: number): string {
  return `tcp-${port}`;
}

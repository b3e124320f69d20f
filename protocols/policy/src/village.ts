/** Pods, namespaces and policies that policies are tried with. */
import type { KubeObject } from "@beemesh/model";
import type { PolicyDestination, PolicyPod, PolicyPort, PolicySource } from "./peer.ts";
import { type Policy, readPolicy } from "./policy.ts";

type Labels = Readonly<Record<string, string>>;

/** A NetworkPolicy of a namespace with this spec. */
export function policyOf(
  spec: unknown,
  {
    namespace = "default",
    name = "p",
    annotations = {},
  }: {
    readonly namespace?: string;
    readonly name?: string;
    readonly annotations?: Labels;
  } = {},
): Policy {
  const object: KubeObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace, annotations },
    spec,
  };
  return readPolicy(object);
}

/** A pod `<namespace>/<name>` whose uid is this text; its namespace is labelled `team=<name>`. */
export function podOf(path: string, labels: Labels = {}, more: Partial<PolicyPod> = {}): PolicyPod {
  const [namespace = "", name = ""] = path.split("/");
  const metadataName = { "kubernetes.io/metadata.name": namespace, team: namespace };
  return {
    uid: path,
    name,
    namespace: { name: namespace, labels: metadataName, isDefaultDeny: false },
    labels,
    ips: [],
    ports: [],
    ...more,
  };
}

/** The pod as a peer. */
export function peerOf(path: string, labels: Labels = {}, ip?: string): PolicySource {
  const ips = ip === undefined ? [] : [ip];
  return { kind: "pod", pod: podOf(path, labels, { ips }) };
}

export function address(ip: string): PolicySource {
  return { kind: "address", ip };
}

/** A name outside the mesh, perhaps declared by a Service. */
export function nameOf(
  name: string,
  service = "",
): Extract<PolicyDestination, { readonly kind: "name" }> {
  return { kind: "name", name, service };
}

export function tcp(port: number): PolicyPort {
  return { protocol: "TCP", port };
}

/** The subresources: which there are, how discovery names them, and who answers them. */
import type { Resource } from "@beemesh/model";
import { approval, requestStatus } from "./access/certificate-approval.ts";
import { certificatesGroup } from "./access/certificate-request.ts";
import { tokenRequest } from "./access/token-request.ts";
import type { Call, Handler } from "./call.ts";
import { ephemeralContainers } from "./ephemeral-container.ts";
import { finalize } from "./finalization.ts";
import { status } from "./object-status.ts";
import { binding, eviction } from "./pod-order.ts";
import { attach, exec, log, portForward } from "./pod-tunnel.ts";
import { proxy } from "./proxying.ts";
import { proxySubresource } from "./request-info.ts";
import { resize } from "./resize.ts";
import { scale } from "./scale.ts";
import { noSuchPath, replyWith } from "./status.ts";

export interface Subresource {
  readonly name: string;
  /** Of what is sent and answered there. */
  readonly kind: string;
  /** Group and version of that kind, if not those of the resource. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly handler: Handler;
}

const ofPods: readonly Subresource[] = [
  { name: "attach", kind: "PodAttachOptions", verbs: ["create", "get"], handler: attach },
  { name: "binding", kind: "Binding", verbs: ["create"], handler: binding },
  {
    name: "ephemeralcontainers",
    kind: "Pod",
    verbs: ["get", "patch", "update"],
    handler: ephemeralContainers,
  },
  {
    name: "eviction",
    kind: "Eviction",
    group: "policy",
    version: "v1",
    verbs: ["create"],
    handler: eviction,
  },
  { name: "exec", kind: "PodExecOptions", verbs: ["create", "get"], handler: exec },
  { name: "log", kind: "Pod", verbs: ["get"], handler: log },
  {
    name: "portforward",
    kind: "PodPortForwardOptions",
    verbs: ["create", "get"],
    handler: portForward,
  },
  { name: "resize", kind: "Pod", verbs: ["get", "patch", "update"], handler: resize },
];

const tokenOfAccount: Subresource = {
  name: "token",
  kind: "TokenRequest",
  group: "authentication.k8s.io",
  version: "v1",
  verbs: ["create"],
  handler: tokenRequest,
};

/** What only kinds of the core group have. */
const ofCore: Readonly<Record<string, readonly Subresource[]>> = {
  namespaces: [{ name: "finalize", kind: "Namespace", verbs: ["update"], handler: finalize }],
  pods: [...ofPods, proxyOf("Pod")],
  serviceaccounts: [tokenOfAccount],
  services: [proxyOf("Service")],
};

function proxyOf(kind: string): Subresource {
  const verbs = ["create", "delete", "get", "patch", "update"];
  return { name: proxySubresource, kind: `${kind}ProxyOptions`, verbs, handler: proxy };
}

/** The subresources of a resource, by name. */
export function subresourcesOf(resource: Resource): readonly Subresource[] {
  const { kind, group, hasScale, hasStatus } = resource;
  const own: Subresource[] = group === "" ? [...(ofCore[resource.name] ?? [])] : [];
  if (hasScale) {
    own.push({
      name: "scale",
      kind: "Scale",
      group: "autoscaling",
      version: "v1",
      verbs: ["get", "patch", "update"],
      handler: scale,
    });
  }
  const isRequest = group === certificatesGroup && kind === "CertificateSigningRequest";
  const verbs = ["get", "patch", "update"];
  if (isRequest) own.push({ name: "approval", kind, verbs, handler: approval });
  if (hasStatus) {
    own.push({ name: "status", kind, verbs, handler: isRequest ? requestStatus : status });
  }
  return own;
}

/** Answers a request for a subresource. */
export const subresource: Handler = (call: Call) => {
  const found = subresourcesOf(call.info.resource).find(
    ({ name }) => name === call.info.subresource,
  );
  return found === undefined ? replyWith(noSuchPath()) : found.handler(call);
};

/**
 * Pods that controllers make: judged as a client's are, by the same chain, and written by whoever
 * makes them. Quotas are not looked at here: whoever writes counts.
 */
import { mutatorsNote } from "@beemesh/admission";
import { findResource, isKubeObject, type KubeObject, mutatorsAnnotation } from "@beemesh/model";
import type { ApiReply, ApiRequest, FinalReply, User } from "@beemesh/ports";
import type { Call } from "../call.ts";
import { present, textAt } from "../field.ts";
import { defaults, validate } from "../kind.ts";
import { invalid, noSuchPath, replyWith } from "../status.ts";
import { admit, objectionTo } from "./chain.ts";
import { type Intent, optionsObject } from "./intent.ts";

/** A pod that a controller is about to make. */
export interface PodMaking {
  readonly pod: KubeObject;
  /** The controller's name in Kubernetes, such as `replicaset-controller`. */
  readonly controller: string;
}

/** The pod as it may be made, or why it may not, in the words of the API. */
export type MakingVerdict =
  | { readonly ok: true; readonly pod: KubeObject }
  | { readonly ok: false; readonly message: string };

/** Whom webhooks and policies see: the account that the controller has in Kubernetes. */
function controllerUser(controller: string): User {
  const group = "system:serviceaccounts";
  return {
    name: `system:serviceaccount:kube-system:${controller}`,
    groups: [group, `${group}:kube-system`, "system:authenticated"],
  };
}

/** The request that a controller of Kubernetes would send. */
export function makingRequest({ pod, controller }: PodMaking): ApiRequest {
  return {
    method: "POST",
    path: ["api", "v1", "namespaces", pod.metadata.namespace ?? "", "pods"],
    query: new Map(),
    accept: "application/json",
    contentType: "application/json",
    body: undefined,
    user: controllerUser(controller),
  };
}

/**
 * The pod as admission lets it in (201), or why it does not, or not yet. One that webhooks have
 * changed has a note of them, by which its machine can tell why it is not as its template says.
 */
export function judgeMade(
  { context, counsel, now }: Pick<Call, "context" | "counsel" | "now">,
  making: PodMaking,
): ApiReply {
  const resource = findResource("", "pods");
  if (resource === undefined) return replyWith(noSuchPath());
  const { pod } = making;
  const { namespace = "", name } = pod.metadata;
  const info = { resource, namespace, name: "", subresource: "", verb: "create" } as const;
  const call: Call = { context, counsel, now, info, request: makingRequest(making) };
  const { uid, creationTimestamp, generation, ...metadata } = pod.metadata;
  const wanted = defaults(resource, { ...pod, metadata });
  const admitted = admit(call, intentOf(wanted));
  if (!admitted.ok) return admitted.reply;
  const object = admitted.intent.object ?? wanted;
  const identity = present({ uid, creationTimestamp, generation });
  const fresh = { ...object, metadata: { ...object.metadata, ...identity } };
  const violations = validate(resource, fresh);
  if (violations.length > 0) return replyWith(invalid(resource, name, violations));
  const objection = objectionTo(call, { ...admitted.intent, object: fresh });
  if (objection !== undefined) return objection;
  return { kind: "json", status: 201, body: noted(fresh, mutatorsNote(admitted.mutators ?? [])) };
}

/** What a reply about a pod that is to be made comes to. */
export function verdictOfReply(reply: FinalReply): MakingVerdict {
  const body = reply.kind === "json" ? reply.body : undefined;
  if (reply.kind === "json" && reply.status === 201 && isKubeObject(body)) {
    return { ok: true, pod: body };
  }
  return { ok: false, message: textAt(body, "message") || "admission has no answer" };
}

function intentOf(object: KubeObject): Intent & { readonly object: KubeObject } {
  return {
    operation: "CREATE",
    object,
    before: undefined,
    name: object.metadata.name,
    options: optionsObject("CREATE", {}),
    dryRun: false,
  };
}

function noted(object: KubeObject, note: string): KubeObject {
  if (note === "") return object;
  const { metadata } = object;
  const annotations = { ...metadata.annotations, [mutatorsAnnotation]: note };
  return { ...object, metadata: { ...metadata, annotations } };
}

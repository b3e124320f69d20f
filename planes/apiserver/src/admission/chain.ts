/**
 * Admission: everything that is written passes here, in kube-apiserver's order.
 *
 * ```
 *   what the mesh fills in ─▶ mutating webhooks ─▶ (again, if those changed anything)
 *       ─▶ validation of the object ─▶ LimitRanges ─▶ policies ─▶ validating webhooks ─▶ quotas
 * ```
 *
 * {@link admit} is the first line, {@link judge} what follows validation. Both may end in a reply:
 * a refusal, or a consultation, after which the whole request is thought over.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import { priorityClassFault } from "@beemesh/admission";
import { findResource, type KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { mastersGroup } from "../access/role-book.ts";
import type { Call } from "../call.ts";
import { done, forbidden, type Outcome, replyWith, type Status } from "../status.ts";
import { withIngressClass, withStorageClass } from "./default-class.ts";
import type { Intent } from "./intent.ts";
import {
  type Admitted,
  askMutatingWebhooks,
  firstRound,
  type Rounds,
} from "./mutating-webhooks.ts";
import { namespaceRefusal } from "./namespace-lifecycle.ts";
import { admitPod, keepNote, keepPriority, limitRefusal, recordsOf } from "./pod-plug-ins.ts";
import { policyRefusal } from "./policy.ts";
import { quotaRefusal } from "./quota.ts";
import { isOfServices, keepAllocations } from "./service-allocation.ts";
import { askValidatingWebhooks } from "./validating-webhooks.ts";

/** What becomes of an intent before its object is validated. */
export function admit(call: Call, intent: Intent): Admitted {
  const unready = readinessRefusal(call, intent);
  if (unready !== undefined) return { ok: false, reply: replyWith(unready) };
  const isNew = intent.operation === "CREATE" && call.info.subresource === "";
  const refusal = isNew ? namespaceRefusal(call, intent.name) : undefined;
  if (refusal !== undefined) return { ok: false, reply: replyWith(refusal) };
  const rounds = firstRound();
  const first = round(call, intent, rounds);
  if (!first.ok || rounds.mutators.size === 0) return first;
  const second = round(call, first.intent, { ...rounds, isSecond: true });
  return second.ok ? { ...second, mutators: [...rounds.mutators.values()] } : second;
}

const admissionGroup = "admissionregistration.k8s.io";

/** What decides about a write, and is therefore to be here whole. */
const decisive = [
  { group: admissionGroup, name: "mutatingwebhookconfigurations" },
  { group: admissionGroup, name: "validatingadmissionpolicies" },
  { group: admissionGroup, name: "validatingadmissionpolicybindings" },
  { group: admissionGroup, name: "validatingwebhookconfigurations" },
  { group: "", name: "limitranges" },
  { group: "", name: "resourcequotas" },
];

/**
 * A machine that does not hold all of the rules cannot say that none is broken. Masters go on even
 * so: somebody has to be able to repair a mesh that is in pieces.
 */
function readinessRefusal({ context, info, request }: Call, intent: Intent): Status | undefined {
  if (request.user.groups.includes(mastersGroup)) return undefined;
  const isLacking = decisive.some(({ group, name }) => {
    const resource = findResource(group, name);
    if (resource === undefined || (resource.namespaced && info.namespace === "")) return false;
    return !context.knows(resource, resource.namespaced ? info.namespace : "");
  });
  if (!isLacking) return undefined;
  return forbidden(info.resource, intent.name, "not yet ready to handle request");
}

function round(call: Call, intent: Intent, rounds: Rounds): Admitted {
  const filled = fill(call, intent);
  if (!filled.ok) return { ok: false, reply: replyWith(filled.status) };
  return askMutatingWebhooks(call, filled.value, rounds);
}

/** Why a valid object may not be written, or not yet; undefined if it may. */
export function judge(call: Call, intent: Intent): ApiReply | undefined {
  const objection = objectionTo(call, intent);
  if (objection !== undefined) return objection;
  const excess = quotaRefusal(call, intent);
  return excess === undefined ? undefined : replyWith(excess);
}

/** The same but for quotas. */
export function objectionTo(call: Call, intent: Intent): ApiReply | undefined {
  const refusal =
    limitRefusal(call, intent) ?? priorityClassRefusal(call, intent) ?? policyRefusal(call, intent);
  if (refusal !== undefined) return replyWith(refusal);
  return askValidatingWebhooks(call, intent);
}

/** Admits and judges what has no validation between: deletions, and orders about a pod. */
export function pass(call: Call, intent: Intent): Admitted {
  const admitted = admit(call, intent);
  if (!admitted.ok) return admitted;
  const reply = judge(call, admitted.intent);
  return reply === undefined ? admitted : { ok: false, reply };
}

function fill(call: Call, intent: Intent): Outcome<Intent> {
  const { object, before, operation } = intent;
  if (object === undefined || call.info.subresource !== "") return done(intent);
  const filled =
    operation === "CREATE"
      ? filledNew(call, object)
      : done(before === undefined ? object : filledChange(call, object, before));
  return filled.ok ? done({ ...intent, object: filled.value }) : filled;
}

function filledNew(call: Call, object: KubeObject): Outcome<KubeObject> {
  const { group, name } = call.info.resource;
  if (group === "" && name === "pods") return admitPod(call, keepNote(object, undefined));
  if (group === "" && name === "persistentvolumeclaims")
    return done(withStorageClass(call, object));
  const isIngress = group === "networking.k8s.io" && name === "ingresses";
  return isIngress ? withIngressClass(call, object) : done(object);
}

function filledChange({ info }: Call, object: KubeObject, before: KubeObject): KubeObject {
  const { group, name } = info.resource;
  if (isOfServices(info.resource)) return keepAllocations(object, before);
  if (group !== "" || name !== "pods") return object;
  return keepNote(keepPriority(object, before), before);
}

function priorityClassRefusal(call: Call, { object }: Intent): Status | undefined {
  const { resource } = call.info;
  if (resource.name !== "priorityclasses" || object === undefined) return undefined;
  const classes = recordsOf(call, "scheduling.k8s.io", "priorityclasses");
  const fault = priorityClassFault(object, classes);
  return fault === "" ? undefined : forbidden(resource, object.metadata.name, fault);
}

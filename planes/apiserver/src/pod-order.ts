/** Orders that concern a pod as a whole: run here (Binding), go away (Eviction). */
import { disruptedStatus, isPod, type KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { pass } from "./admission/chain.ts";
import { optionsObject } from "./admission/intent.ts";
import { type Admitted } from "./admission/mutating-webhooks.ts";
import { type Call, storedObject } from "./call.ts";
import { deleteObject } from "./deletion.ts";
import { budgetRefusal } from "./disruption.ts";
import { fieldAt, mapAt, textAt, textsAt } from "./field.ts";
import {
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  type Outcome,
  replyWith,
  success,
} from "./status.ts";
import { type DeleteOptions, deleteOptionsOf, writeOptionsOf } from "./write-options.ts";

/** Answers a POST to `pods/<name>/eviction`. */
export function eviction(call: Call): ApiReply {
  const pod = orderedPod(call, "Eviction");
  if (!pod.ok) return replyWith(pod.status);
  const asked = evictionOptions(call);
  if (!asked.ok) return asked.reply;
  const { store, view } = call.context;
  const { wallMs } = call.now;
  const isAlive = (machine: string): boolean => view.isAlive(machine);
  const refusal = budgetRefusal(pod.value, { records: store, wallMs, isAlive });
  if (refusal !== undefined) return replyWith(refusal);
  const deleted = deleteObject(call, pod.value, asked.options);
  if ("code" in deleted) return replyWith(deleted);
  if (!asked.options.dryRun) tellEvicted(call);
  const reply = replyWith(success(201));
  return reply.kind === "json" && deleted.ticket !== undefined
    ? { ...reply, ticket: deleted.ticket }
    : reply;
}

type EvictionOptions =
  | { readonly ok: true; readonly options: DeleteOptions }
  | { readonly ok: false; readonly reply: ApiReply };

/** How the pod is to go: as the body says, once admission has seen it, and as the query says. */
function evictionOptions(call: Call): EvictionOptions {
  const dryRun = call.request.query.get("dryRun") ?? [];
  const kind = { apiVersion: "policy/v1", kind: "Eviction" };
  const passed = passedOrder(call, kind, dryRun.length > 0);
  if (!passed.ok) return passed;
  const asked = fieldAt(passed.intent.object, "deleteOptions");
  const inBody = isJsonObject(asked) ? asked : {};
  const body = dryRun.length === 0 ? inBody : { ...inBody, dryRun };
  const read = deleteOptionsOf({ ...call.request, body });
  return read.ok ? { ok: true, options: read.value } : { ok: false, reply: replyWith(read.status) };
}

/** Says of a pod that takes its time to go why it does. */
function tellEvicted({ context, info, now }: Call): void {
  const pod = context.store.get(info.resource, info.namespace, info.name);
  if (pod === undefined || !isPod(pod)) return;
  const why = { reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" };
  const status = disruptedStatus(pod, why, now.wallMs);
  context.store.putStatus(info.resource, { ...pod, status });
}

/** Answers a POST to `pods/<name>/binding`. */
export function binding(call: Call): ApiReply {
  const { context, info, request } = call;
  const options = writeOptionsOf(request, "CreateOptions");
  if (!options.ok) return replyWith(options.status);
  const pod = orderedPod(call, "Binding");
  if (!pod.ok) return replyWith(pod.status);
  const passed = passedOrder(
    { ...call, info: { ...info, subresource: "binding" } },
    { apiVersion: "v1", kind: "Binding" },
    options.value.dryRun,
  );
  if (!passed.ok) return passed.reply;
  const body = passed.intent.object;
  const node = textAt(body, "target", "name");
  if (node === "") {
    const message = "Required value";
    const cause = { reason: "FieldValueRequired", field: "target.name", message };
    const kind = { name: "bindings", kind: "Binding", group: "" };
    return replyWith(invalid(kind, info.name, [cause]));
  }
  const refusal = bindingRefusal(pod.value);
  if (refusal !== "")
    return replyWith(conflict({ ...info.resource, name: "pods/binding" }, info.name, refusal));
  if (options.value.dryRun) return replyWith(success(201));
  const bound = {
    ...pod.value,
    metadata: {
      ...pod.value.metadata,
      annotations: {
        ...pod.value.metadata.annotations,
        ...textsAt(body, "metadata", "annotations"),
      },
    },
    spec: { ...mapAt(pod.value, "spec"), nodeName: node },
  };
  const ticket = context.store.putSpec(info.resource, bound);
  const reply = replyWith(success(201));
  return reply.kind === "json" ? { ...reply, ticket: ticket.id } : reply;
}

function bindingRefusal(pod: KubeObject): string {
  const { name, deletionTimestamp } = pod.metadata;
  const bound = textAt(pod, "spec", "nodeName");
  if (deletionTimestamp !== undefined) {
    return `pod ${name} is being deleted, cannot be assigned to a host`;
  }
  return bound === "" ? "" : `pod ${name} is already assigned to node "${bound}"`;
}

/** What admission says of an order, which is an object of a kind of its own. */
function passedOrder(
  call: Call,
  kind: Pick<KubeObject, "apiVersion" | "kind">,
  dryRun: boolean,
): Admitted {
  const { name, namespace } = call.info;
  const metadata = { ...mapAt(call.request.body, "metadata"), name, namespace };
  return pass(call, {
    operation: "CREATE",
    object: { ...mapAt(call.request.body), ...kind, metadata },
    before: undefined,
    name,
    options: optionsObject("CREATE", { dryRun }),
    dryRun,
  });
}

/** The pod that an order is about; its body must be of `kind` and name the same pod. */
function orderedPod(call: Call, kind: string): Outcome<KubeObject> {
  const { info, request } = call;
  if (info.verb !== "create") return { ok: false, status: methodNotAllowed() };
  const said = textAt(request.body, "kind") || kind;
  if (!isJsonObject(request.body) || said !== kind) {
    return { ok: false, status: badRequest(`the body is not of kind ${kind}`) };
  }
  const name = textAt(request.body, "metadata", "name");
  if (name !== "" && name !== info.name) {
    return { ok: false, status: badRequest("name in URL does not match name in the body") };
  }
  return storedObject(call);
}

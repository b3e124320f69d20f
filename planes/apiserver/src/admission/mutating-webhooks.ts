/**
 * Mutating webhooks: asked one after the other, each about what the one before has made of the
 * object; and once more, those that want it, if somebody has changed the object after them.
 *
 * Source: k8s.io/apiserver, admission/plugin/webhook/mutating/dispatcher.go.
 */
import type { Mutator } from "@beemesh/admission";
import { isKubeObject, jsonPatch, type KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { canonicalJson, type Json } from "@beemesh/wire";
import type { Call } from "../call.ts";
import { defaults } from "../kind.ts";
import { readObject } from "../object-body.ts";
import { badRequest, done, fail, internalError, type Outcome, replyWith } from "../status.ts";
import { type Intent, jsonOf } from "./intent.ts";
import { isExempt } from "./matching.ts";
import { type Webhook, webhooksOf } from "./webhook.ts";
import { adviceOf, isConcerned } from "./webhook-answer.ts";

/** An intent after somebody had it in hand, or the reply that ends it. */
export type Admitted =
  | { readonly ok: true; readonly intent: Intent; readonly mutators?: readonly Mutator[] }
  | { readonly ok: false; readonly reply: ApiReply };

/** What a second round has to know of the first. */
export interface Rounds {
  readonly isSecond: boolean;
  /** Webhooks that were asked and want to be asked again. */
  readonly asked: Set<string>;
  /** Those of them after whom the object has changed. */
  readonly again: Set<string>;
  /** Who has changed the object, by key. */
  readonly mutators: Map<string, Mutator>;
  /** The object as the webhooks left it. */
  left: string;
}

export function firstRound(): Rounds {
  return { isSecond: false, asked: new Set(), again: new Set(), mutators: new Map(), left: "" };
}

/** Asks the mutating webhooks that are concerned. */
export function askMutatingWebhooks(call: Call, intent: Intent, rounds: Rounds): Admitted {
  const hooks = isExempt(call.info.resource) ? [] : webhooksOf(call.context.store, "mutating");
  if (hooks.length === 0) return { ok: true, intent };
  if (rounds.isSecond && canonicalJson(intent.object ?? null) !== rounds.left) askAgain(rounds);
  let at = intent;
  for (const hook of hooks) {
    const next = askOne(call, at, { hook, rounds });
    if (!next.ok) return next;
    at = next.intent;
  }
  rounds.left = canonicalJson(at.object ?? null);
  return { ok: true, intent: at };
}

interface Asking {
  readonly hook: Webhook;
  readonly rounds: Rounds;
}

function askOne(call: Call, intent: Intent, { hook, rounds }: Asking): Admitted {
  const isDue = !rounds.isSecond || rounds.again.has(hook.key);
  const concerned = isDue && isConcerned(call, intent, hook);
  if (typeof concerned !== "boolean") return { ok: false, reply: concerned };
  if (!concerned) return { ok: true, intent };
  const advice = adviceOf(call, intent, hook);
  if (advice.kind === "wait") return { ok: false, reply: call.counsel.pause() };
  if (advice.kind === "stop") return { ok: false, reply: advice.reply };
  const next = patchedIntent(call, intent, { patch: advice.patch, hook });
  if (!next.ok) return { ok: false, reply: replyWith(next.status) };
  if (next.value !== intent) {
    askAgain(rounds);
    rounds.mutators.set(hook.key, { configuration: hook.configuration, webhook: hook.name });
  }
  if (hook.isReinvocable) rounds.asked.add(hook.key);
  return { ok: true, intent: next.value };
}

function askAgain(rounds: Rounds): void {
  for (const key of rounds.asked) rounds.again.add(key);
  rounds.asked.clear();
}

interface Patching extends Pick<Asking, "hook"> {
  readonly patch: Json | undefined;
}

function patchedIntent(call: Call, intent: Intent, { patch, hook }: Patching): Outcome<Intent> {
  if (patch === undefined || (Array.isArray(patch) && patch.length === 0)) return done(intent);
  if (intent.object === undefined) {
    const what = `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object`;
    return fail(internalError(`${what}, which is not supported for this operation`));
  }
  const patched = jsonPatch(jsonOf(intent.object), patch);
  if (!patched.ok) return fail(internalError(patched.message));
  const object = objectOf(call, intent.object, patched.value);
  if (!object.ok) return fail(internalError(object.status.message ?? "the object is malformed"));
  const isSame = canonicalJson(object.value) === canonicalJson(intent.object);
  return done(isSame ? intent : { ...intent, object: object.value });
}

/** What a webhook made of an object is read as strictly as what a client sends. */
function objectOf(call: Call, before: KubeObject, json: Json): Outcome<KubeObject> {
  const resource = call.context.store.resources.exactly(before.apiVersion, before.kind);
  if (resource === undefined) {
    return isKubeObject(json) ? done(json) : fail(badRequest("it is no object of Kubernetes"));
  }
  const { namespace } = call.info;
  const { name } = before.metadata;
  const read = readObject(json, { resource, namespace, name }, { fieldValidation: "Ignore" });
  return read.ok ? done(defaults(resource, read.value.object)) : read;
}

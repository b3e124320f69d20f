/** The parameters that a binding gives a policy: records of any kind, by name or by label. */
import { type KubeObject, matches, type Resource, selectorOf } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import type { Call } from "../call.ts";
import { fieldAt, textAt } from "../field.ts";
import { type Intent, namespaceOf } from "./intent.ts";

/** The parameters to judge by, one after another; undefined stands for none at all. */
export interface Params {
  readonly ok: true;
  readonly values: readonly (KubeObject | undefined)[];
}

export interface ParamsFault {
  readonly ok: false;
  readonly message: string;
}

/** Parameters of one binding that are judged by; more would hold up everybody. */
const paramsMax = 1000;

/** The parameters of a policy as a binding names them. */
export function paramsFor(
  call: Call,
  intent: Intent,
  { policy, binding }: { readonly policy: KubeObject; readonly binding: KubeObject },
): Params | ParamsFault {
  const kind = fieldAt(policy, "spec", "paramKind");
  const reference = fieldAt(binding, "spec", "paramRef");
  if (kind === undefined || reference === undefined) return { ok: true, values: [undefined] };
  const [apiVersion, kindName] = [textAt(kind, "apiVersion"), textAt(kind, "kind")];
  const resource = call.context.store.resources.ofKind(apiVersion, kindName);
  if (resource === undefined) {
    return fault(`paramKind kind \`${apiVersion}, Kind=${kindName}\` not known`);
  }
  const namespace = textAt(reference, "namespace") || namespaceOf(call, intent);
  if (resource.namespaced && namespace === "") {
    const what = "cannot use namespaced paramRef in policy binding";
    return fault(`${what} that matches cluster-scoped resources`);
  }
  const place = { resource, namespace: resource.namespaced ? namespace : "" };
  const found = named(call, reference, place);
  if (found.length > 0) return { ok: true, values: found.slice(0, paramsMax) };
  if (textAt(reference, "parameterNotFoundAction") !== "Deny") return { ok: true, values: [] };
  return fault("no params found for policy binding with `Deny` parameterNotFoundAction");
}

function fault(message: string): ParamsFault {
  return { ok: false, message };
}

/** The records that a reference means: one by its name, or all that have the labels. */
function named(
  { context: { store } }: Call,
  reference: unknown,
  { resource, namespace }: { readonly resource: Resource; readonly namespace: string },
): readonly KubeObject[] {
  const name = textAt(reference, "name");
  if (name !== "") {
    const record = store.get(resource, namespace, name);
    return record === undefined ? [] : [record];
  }
  const selector = fieldAt(reference, "selector");
  if (!isJsonObject(selector)) return [];
  const chosen = selectorOf(selector);
  return store
    .list(resource, namespace || undefined)
    .items.filter(({ metadata }) => matches(chosen, metadata.labels));
}

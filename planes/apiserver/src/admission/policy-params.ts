/** The parameters that a binding gives a policy: records of any kind, by name or by label. */
import { type KubeObject, matches, resourceOfKind, selectorOf } from "@beemesh/model";
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

/** Parameters of one binding that are judged by; more are a mistake that would hold up everybody. */
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
  const resource = resourceOfKind(apiVersion, kindName);
  if (resource === undefined) {
    return { ok: false, message: `paramKind kind \`${apiVersion}, Kind=${kindName}\` not known` };
  }
  const said = textAt(reference, "namespace");
  if (!resource.namespaced && said !== "") {
    const rule = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`";
    return { ok: false, message: rule };
  }
  const namespace = resource.namespaced ? said || namespaceOf(call, intent) : "";
  if (resource.namespaced && namespace === "") {
    const rule =
      "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources";
    return { ok: false, message: rule };
  }
  const { store } = call.context;
  const name = textAt(reference, "name");
  const selector = fieldAt(reference, "selector");
  const found =
    name === ""
      ? store
          .list(resource, namespace || undefined)
          .items.filter(
            ({ metadata }) =>
              isJsonObject(selector) && matches(selectorOf(selector), metadata.labels),
          )
      : [store.get(resource, namespace, name)].flatMap((each) => each ?? []);
  if (found.length > 0) return { ok: true, values: found.slice(0, paramsMax) };
  if (textAt(reference, "parameterNotFoundAction") !== "Deny") return { ok: true, values: [] };
  const action = "with `Deny` parameterNotFoundAction";
  return { ok: false, message: `no params found for policy binding ${action}` };
}

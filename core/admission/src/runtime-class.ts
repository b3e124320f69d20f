/**
 * RuntimeClasses: what running a pod costs beside its containers, and which machines have what it
 * takes.
 *
 * Source: k8s.io/kubernetes, plugin/pkg/admission/runtimeclass, and
 * https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
import { entriesAt, type KubeObject, listAt, objectAt, textAt } from "@beemesh/model";
import { canonicalJson, type JsonObject } from "@beemesh/wire";
import type { Prioritized } from "./priority.ts";

/** A new pod with what its RuntimeClass says, or why it may not be. */
export function withRuntimeClass<Pod extends KubeObject>(
  pod: Pod,
  runtimes: readonly KubeObject[],
): Prioritized<Pod> {
  const name = textAt(pod, "spec", "runtimeClassName");
  const found = runtimes.find(({ metadata }) => metadata.name === name);
  if (name !== "" && found === undefined) {
    return refused(`pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  }
  const clash = overheadFault(pod, found) || selectorFault(pod, found);
  if (clash !== "") return refused(clash);
  if (found === undefined) return { ok: true, pod };
  const spec: JsonObject = { ...objectAt(pod, "spec"), ...givenBy(pod, found) };
  return { ok: true, pod: { ...pod, spec } };
}

function refused(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

/** The members of the specification that the class decides. */
function givenBy(pod: KubeObject, found: KubeObject): JsonObject {
  const overhead = objectAt(found, "overhead", "podFixed");
  const selector = Object.fromEntries(entriesAt(found, "scheduling", "nodeSelector"));
  const had = listAt(pod, "spec", "tolerations");
  const texts = new Set(had.map((each) => canonicalJson(each)));
  const more = listAt(found, "scheduling", "tolerations").filter(
    (each) => !texts.has(canonicalJson(each)),
  );
  return {
    ...(overhead === undefined ? {} : { overhead }),
    ...(Object.keys(selector).length === 0
      ? {}
      : { nodeSelector: { ...objectAt(pod, "spec", "nodeSelector"), ...selector } }),
    ...(more.length === 0 ? {} : { tolerations: [...had, ...more] }),
  };
}

function overheadFault(pod: KubeObject, found: KubeObject | undefined): string {
  const said = objectAt(pod, "spec", "overhead") ?? {};
  const own = objectAt(found, "overhead", "podFixed");
  if (Object.keys(said).length === 0) return "";
  if (own === undefined) {
    return "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
  }
  if (canonicalJson(said) === canonicalJson(own)) return "";
  return "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
}

function selectorFault(pod: KubeObject, found: KubeObject | undefined): string {
  const asked = objectAt(pod, "spec", "nodeSelector");
  const own = objectAt(found, "scheduling", "nodeSelector");
  const key = Object.keys(own ?? {}).find(
    (each) => textAt(asked, each) !== "" && textAt(asked, each) !== textAt(own, each),
  );
  if (key === undefined) return "";
  const ofClass = `runtimeClass.scheduling.nodeSelector[${key}] = ${textAt(own, key)}`;
  return `conflict: ${ofClass}; pod.spec.nodeSelector[${key}] = ${textAt(asked, key)}`;
}

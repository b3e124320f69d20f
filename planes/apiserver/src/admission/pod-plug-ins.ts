/** What a new pod gets, and what it may not be, by the records of its namespace and of the mesh. */
import { completedPod, faultsText, limitFaults } from "@beemesh/admission";
import { findResource, type KubeObject, mutatorsAnnotation, type Resource } from "@beemesh/model";
import type { Call } from "../call.ts";
import { fieldAt, listAt, mapAt, textAt } from "../field.ts";
import { done, fail, forbidden, type Outcome, type Status } from "../status.ts";
import type { Intent } from "./intent.ts";

/** The objects of a kind in the call's namespace, or in none. */
export function recordsOf(
  { context, info }: Call,
  group: string,
  plural: string,
): readonly KubeObject[] {
  const resource = findResource(group, plural);
  if (resource === undefined) return [];
  return context.store.list(resource, resource.namespaced ? info.namespace : undefined).items;
}

/** A pod's name for messages, also if it has yet to be made. */
function nameOf({ metadata }: KubeObject): string {
  return metadata.name || (metadata.generateName ?? "");
}

/** A new pod with requests, limits, priority, account and overhead. */
export function admitPod(call: Call, pod: KubeObject): Outcome<KubeObject> {
  const ranges = recordsOf(call, "", "limitranges");
  const classes = recordsOf(call, "scheduling.k8s.io", "priorityclasses");
  const owned = withAccount(call, pod);
  if (!owned.ok) return owned;
  const runtimes = recordsOf(call, "node.k8s.io", "runtimeclasses");
  const completed = completedPod(owned.value, { ranges, classes, runtimes });
  if (!completed.ok) return fail(forbidden(call.info.resource, nameOf(pod), completed.message));
  return done(completed.pod);
}

/** A pod that is changed keeps the priority that it has, also if its author does not repeat it. */
export function keepPriority(pod: KubeObject, before: KubeObject): KubeObject {
  const kept = Object.fromEntries(
    ["priority", "preemptionPolicy"].flatMap((member) => {
      const isSaid = fieldAt(pod, "spec", member) !== undefined;
      const had = fieldAt(before, "spec", member);
      return isSaid || had === undefined ? [] : [[member, had]];
    }),
  );
  if (Object.keys(kept).length === 0) return pod;
  return { ...pod, spec: { ...mapAt(pod, "spec"), ...kept } };
}

/** Which webhooks have changed a pod is told by whoever asks them for a controller. */
export function keepNote(pod: KubeObject, before: KubeObject | undefined): KubeObject {
  const had = before?.metadata.annotations?.[mutatorsAnnotation];
  const { [mutatorsAnnotation]: said, ...others } = pod.metadata.annotations ?? {};
  if (said === had) return pod;
  const annotations = had === undefined ? others : { ...others, [mutatorsAnnotation]: had };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

function withAccount(call: Call, pod: KubeObject): Outcome<KubeObject> {
  const accounts = findResource("", "serviceaccounts");
  const name = textAt(pod, "spec", "serviceAccountName") || "default";
  const { namespace } = call.info;
  if (accounts === undefined || !call.context.knows(accounts, namespace)) return done(pod);
  const account = call.context.store.get(accounts, namespace, name);
  if (account === undefined) {
    const looked = `error looking up service account ${namespace}/${name}`;
    const why = `${looked}: serviceaccount ${JSON.stringify(name)} not found`;
    return fail(forbidden(call.info.resource, nameOf(pod), why));
  }
  const secrets = listAt(account, "imagePullSecrets");
  const hasOwn = listAt(pod, "spec", "imagePullSecrets").length > 0 || secrets.length === 0;
  const spec = {
    ...mapAt(pod, "spec"),
    serviceAccountName: name,
    serviceAccount: name,
    ...(hasOwn ? {} : { imagePullSecrets: secrets }),
  };
  return done({ ...pod, spec });
}

/** Why LimitRanges forbid a new pod, or a claim. */
export function limitRefusal(call: Call, { operation, object }: Intent): Status | undefined {
  const { resource, subresource } = call.info;
  const isWhole = subresource === "" && isLimited(resource, operation);
  if (object === undefined || (!isWhole && !isResize(call))) return undefined;
  const faults = limitFaults(object, recordsOf(call, "", "limitranges"));
  if (faults.length === 0) return undefined;
  return forbidden(resource, nameOf(object), faultsText(faults));
}

/** Whether a pod that runs is to get other resources: it is let in once more. */
export function isResize({ info }: Call): boolean {
  const { resource, subresource } = info;
  return resource.group === "" && resource.name === "pods" && subresource === "resize";
}

function isLimited({ group, name }: Resource, operation: Intent["operation"]): boolean {
  if (group !== "") return false;
  if (name === "pods") return operation === "CREATE";
  return name === "persistentvolumeclaims" && (operation === "CREATE" || operation === "UPDATE");
}

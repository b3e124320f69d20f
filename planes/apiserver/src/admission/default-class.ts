/**
 * The class of what names none: that which says of itself that it is the default.
 *
 * Source: k8s.io/kubernetes, plugin/pkg/admission/storage/storageclass and
 * plugin/pkg/admission/network/defaultingressclass.
 */
import type { KubeObject } from "@beemesh/model";
import type { Call } from "../call.ts";
import { fieldAt, mapAt } from "../field.ts";
import { done, fail, forbidden, type Outcome } from "../status.ts";
import { recordsOf } from "./pod-plug-ins.ts";

const storageMarks = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
];
const storageAnnotation = "volume.beta.kubernetes.io/storage-class";
const ingressMark = "ingressclass.kubernetes.io/is-default-class";
const ingressAnnotation = "kubernetes.io/ingress.class";

/** A new claim with the default StorageClass. Of several the newest counts. */
export function withStorageClass(call: Call, claim: KubeObject): KubeObject {
  const isNamed =
    fieldAt(claim, "spec", "storageClassName") !== undefined ||
    claim.metadata.annotations?.[storageAnnotation] !== undefined;
  if (isNamed) return claim;
  const [newest] = recordsOf(call, "storage.k8s.io", "storageclasses")
    .filter(({ metadata }) => storageMarks.some((mark) => metadata.annotations?.[mark] === "true"))
    .toSorted(byAge);
  if (newest === undefined) return claim;
  return { ...claim, spec: { ...mapAt(claim, "spec"), storageClassName: newest.metadata.name } };
}

/** A new Ingress with the default IngressClass. */
export function withIngressClass(call: Call, ingress: KubeObject): Outcome<KubeObject> {
  const isNamed =
    fieldAt(ingress, "spec", "ingressClassName") !== undefined ||
    ingress.metadata.annotations?.[ingressAnnotation] !== undefined;
  if (isNamed) return done(ingress);
  const [found, ...others] = recordsOf(call, "networking.k8s.io", "ingressclasses")
    .filter(({ metadata }) => metadata.annotations?.[ingressMark] === "true")
    .toSorted(byAge);
  if (found === undefined) return done(ingress);
  if (
    others.length > 0 &&
    others[0]?.metadata.creationTimestamp === found.metadata.creationTimestamp
  ) {
    const why = `${others.length + 1} default IngressClasses were found, only 1 allowed`;
    return fail(forbidden(call.info.resource, ingress.metadata.name, why));
  }
  const spec = { ...mapAt(ingress, "spec"), ingressClassName: found.metadata.name };
  return done({ ...ingress, spec });
}

/** The newest first, then by name. */
function byAge(a: KubeObject, b: KubeObject): number {
  const [x = "", y = ""] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? "");
  if (x !== y) return x > y ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

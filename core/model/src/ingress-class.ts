import { textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";

/** The controller that an IngressClass names to have its Ingresses served by BeeMesh. */
export const ingressController = "beemesh.io/ingress";

/** Annotation of a Node: the address at which the network reaches Ingresses there. */
export const ingressAddressMark = "beemesh.io/ingress-address";

/** The name of the class before there was a field for it. */
const classAnnotation = "kubernetes.io/ingress.class";

/** The class that an Ingress names; empty if it names none. */
export function ingressClassOf({ metadata, spec }: KubeObject): string {
  return textAt(spec, "ingressClassName") || (metadata.annotations?.[classAnnotation] ?? "");
}

/**
 * Whether Ingresses of a class are for another controller. A class that nobody has described is
 * taken for ours: manifests name one that is not there more often than there are two controllers.
 */
export function isForeignClass(ingressClass: KubeObject): boolean {
  return textAt(ingressClass.spec, "controller") !== ingressController;
}

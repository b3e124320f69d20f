import { assert } from "@beemesh/base";
import { findResource, type Resource } from "@beemesh/model";

/** The kinds that controllers act upon. */
export const podResource = resourceNamed("pods");
export const limitRangeResource = resourceNamed("limitranges");
export const resourceQuotaResource = resourceNamed("resourcequotas");
export const serviceResource = resourceNamed("services");
export const endpointsResource = resourceNamed("endpoints");
export const namespaceResource = resourceNamed("namespaces");
export const eventResource = resourceNamed("events");
export const deploymentResource = resourceNamed("deployments", "apps");
export const replicaSetResource = resourceNamed("replicasets", "apps");
export const statefulSetResource = resourceNamed("statefulsets", "apps");
export const daemonSetResource = resourceNamed("daemonsets", "apps");
export const controllerRevisionResource = resourceNamed("controllerrevisions", "apps");
export const replicationControllerResource = resourceNamed("replicationcontrollers");
export const jobResource = resourceNamed("jobs", "batch");
export const cronJobResource = resourceNamed("cronjobs", "batch");
export const endpointSliceResource = resourceNamed("endpointslices", "discovery.k8s.io");
export const priorityClassResource = resourceNamed("priorityclasses", "scheduling.k8s.io");
export const runtimeClassResource = resourceNamed("runtimeclasses", "node.k8s.io");
export const nodeResource = resourceNamed("nodes");
export const admissionPolicyResource = resourceNamed(
  "validatingadmissionpolicies",
  "admissionregistration.k8s.io",
);
export const ingressResource = resourceNamed("ingresses", "networking.k8s.io");
export const ingressClassResource = resourceNamed("ingressclasses", "networking.k8s.io");
export const autoscalerResource = resourceNamed("horizontalpodautoscalers", "autoscaling");
export const disruptionBudgetResource = resourceNamed("poddisruptionbudgets", "policy");

export const definitionResource = resourceNamed(
  "customresourcedefinitions",
  "apiextensions.k8s.io",
);

/** Programs outside containers; undefined in an API that does not serve them. */
export const externalWorkloadResource = findResource("beemesh.io", "externalworkloads");

function resourceNamed(name: string, group = ""): Resource {
  const resource = findResource(group, name);
  assert(resource !== undefined, `the API has ${name}`);
  return resource;
}

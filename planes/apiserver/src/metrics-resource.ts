import type { Resource } from "@beemesh/model";

/** What machines and pods use: measured when asked, never kept. */
export const metricsResources: readonly Resource[] = [
  metrics("nodes", "NodeMetrics", false),
  metrics("pods", "PodMetrics", true),
];

function metrics(name: string, kind: string, namespaced: boolean): Resource {
  return {
    name,
    kind,
    group: "metrics.k8s.io",
    version: "v1beta1",
    singular: "",
    namespaced,
    shortNames: [],
    categories: [],
    verbs: ["get", "list"],
    hasGeneration: false,
    hasStatus: false,
    hasScale: false,
  };
}

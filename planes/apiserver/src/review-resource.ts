import type { Resource } from "@beemesh/model";

/** Kinds that are asked and answered, never kept: who am I, what may I do. */
export const reviewResources: readonly Resource[] = [
  review("selfsubjectreviews", "SelfSubjectReview", "authentication.k8s.io"),
  // kubectl 1.27 asks who it is in this version only.
  {
    ...review("selfsubjectreviews", "SelfSubjectReview", "authentication.k8s.io"),
    version: "v1beta1",
  },
  review("selfsubjectaccessreviews", "SelfSubjectAccessReview", "authorization.k8s.io"),
  review("selfsubjectrulesreviews", "SelfSubjectRulesReview", "authorization.k8s.io"),
  review("subjectaccessreviews", "SubjectAccessReview", "authorization.k8s.io"),
  {
    ...review("localsubjectaccessreviews", "LocalSubjectAccessReview", "authorization.k8s.io"),
    namespaced: true,
  },
  review("tokenreviews", "TokenReview", "authentication.k8s.io"),
];

function review(name: string, kind: string, group: string): Resource {
  return {
    name,
    kind,
    group,
    version: "v1",
    singular: kind.toLowerCase(),
    namespaced: false,
    shortNames: [],
    categories: [],
    verbs: ["create"],
    hasGeneration: false,
    hasStatus: false,
    hasScale: false,
  };
}

/**
 * What a namespace allows of its objects, by rules that the API and the controllers share:
 * LimitRanges, PriorityClasses, RuntimeClasses, ResourceQuotas. Records go in, verdicts come out;
 * who may be asked, in which order, is the caller's to say.
 *
 * @module
 */

export { Ledger } from "./ledger.ts";
export { faultsText, limitFaults } from "./limit-range.ts";
export { completedPod, type PodRules, podFault } from "./pod-admission.ts";
export { podResources } from "./pod-resources.ts";
export { priorityClassFault, systemPriorityClasses } from "./priority.ts";
export {
  type Balance,
  type Charge,
  countsKind,
  hardOf,
  quotaFault,
} from "./quota.ts";
export {
  judgingResources,
  type Mutator,
  mayJudgePods,
  mayMutatePods,
  mutatorsNote,
  mutatorsOf,
} from "./reach.ts";
export { type ResourceList, resourcesAt, resourcesJson } from "./resource-list.ts";

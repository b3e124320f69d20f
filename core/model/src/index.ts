/**
 * The Kubernetes objects that BeeMesh speaks: their shapes, which kinds there are, what is
 * valid, what is filled in, how they are patched and selected, how quantities are counted, and
 * what a workload's specification gives by computation.
 *
 * Everything here is generated from, or walks by, one schema: facts about the Kubernetes API in
 * `data/kubernetes-types.txt`. A kind is added as a row of `resource.ts`.
 *
 * @module
 */

export {
  apiMark,
  apiNamespace,
  apiServiceAddress,
  apiServiceName,
  apiServicePort,
  isOfApi,
} from "./api-service.ts";
export {
  type Cause,
  type CauseReason,
  causesText,
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from "./cause.ts";
export {
  type CustomNames,
  cleanupFinalizer,
  compareVersions,
  customResourcesOf,
  definedResource,
  isCleaningUp,
  isDefinition,
  requestedNames,
} from "./custom-resource.ts";
export { decodingFault } from "./decoding.ts";
export { defaults } from "./defaults.ts";
export {
  countIn,
  derivedUid,
  isInPlace,
  mutatorsAnnotation,
  slotAnnotation,
} from "./derivation.ts";
export {
  derivePod,
  isDerivedFrom,
  isPlacedBy,
  podTemplateHash,
  replicaSetOf,
  slotName,
  slotOf,
  templateHashLabel,
  workloadName,
} from "./derive.ts";
export {
  attemptAnnotation,
  deriveJobPod,
  type JobPlace,
  jobOfCronJob,
  jobPlaceOf,
  jobPodName,
  withJobSelector,
} from "./derive-job.ts";
export {
  asOfRevision,
  daemonTolerations,
  deriveDaemonPod,
  deriveStatefulPod,
  isRevisionOf,
  isVersioned,
  machineNameOf,
  revisionLabel,
  revisionNameOf,
  revisionOfTemplate,
  type Versioned,
} from "./derive-member.ts";
export {
  budgetsOf,
  type Disruption,
  type DisruptionScene,
  disruptionOf,
  type Records,
} from "./disruption.ts";
export {
  type FieldRequirement,
  type FieldSelector,
  matchesFields,
  parseFieldSelector,
} from "./field-selector.ts";
export { shapeOf, shapeOfCustom } from "./field-shape.ts";
export {
  ingressAddressMark,
  ingressClassOf,
  ingressController,
  isForeignClass,
} from "./ingress-class.ts";
export {
  type IpAddress,
  type IpRange,
  isInIpRange,
  parseIpAddress,
  parseIpRange,
} from "./ip-range.ts";
export { jsonPatch } from "./json-patch.ts";
export {
  everything,
  type LabelRequirement,
  matches,
  nothing,
  parseLabelSelector,
  type Selector,
  selectorOf,
  selectorOfLabels,
  selectorText,
} from "./label-selector.ts";
export {
  entriesAt,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "./members.ts";
export { identityCauses, metadataCauses, unknownMetadata } from "./meta-rules.ts";
export {
  labelError,
  labelValueError,
  letterLabelError,
  qualifiedNameError,
  subdomainError,
} from "./name.ts";
export {
  type Labels,
  matchesTerms,
  type NodeExpression,
  requiredTerms,
  type SelectorTerm,
} from "./node-selector.ts";
export { isKubeObject, type KubeObject, type ObjectMeta, type OwnerReference } from "./object.ts";
export {
  documentHash,
  openApiV3,
  openApiV3Index,
} from "./openapi.ts";
export { groupPath, resourcePaths } from "./openapi-paths.ts";
export { componentSchemas } from "./openapi-schemas.ts";
export {
  type OpenApiAdditions,
  openApiV2,
  openApiV2MediaType,
  openApiV2Paths,
  openApiV2Tag,
} from "./openapi-v2.ts";
export { applyPatch, type PatchKind, type PatchResult } from "./patch.ts";
export type {
  Condition,
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EnvFromSource,
  EnvVar,
  EphemeralContainer,
  FileSource,
  KeySelector,
  LabelSelector,
  Pod,
  PodPhase,
  PodSpec,
  PodStatus,
  PodTemplate,
  Probe,
  ProbeAction,
  ResourceRequirements,
  Toleration,
  TopologySpreadConstraint,
  Volume,
  VolumeMount,
} from "./pod.ts";
export { disruptedStatus, resizeConditions, withPodCondition } from "./pod-condition.ts";
export { decodeProtobuf } from "./protobuf.ts";
export { qosClassOf } from "./qos.ts";
export {
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseBytes,
  parseCpuMillicores,
  parseQuantity,
  type Quantity,
  type QuantityForm,
} from "./quantity.ts";
export {
  apiVersionOf,
  type CustomVersion,
  findResource,
  type Resource,
  resourceOfKind,
  resources,
} from "./resource.ts";
export { type NameConflict, ResourceBook } from "./resource-book.ts";
export { type RouteAnnotations, routeAnnotations } from "./route-annotations.ts";
export { type ScalePaths, scalePathsOf, withReplicas } from "./scale-paths.ts";
export { parseSchedule, type Schedule } from "./schedule.ts";
export type { PodSecurityContext, SecurityContext, Sysctl } from "./security-context.ts";
export { structuralSchema } from "./structural-schema.ts";
export { stayMsOf, type Taint, taintsOf, tolerates } from "./taint.ts";
export { type CalendarDate, dateOf, daysOf, formatTime, parseTime } from "./time-text.ts";
export { isTimeZone, offsetsOf } from "./time-zone.ts";
export { pruneUnknown, unknownFields, unknownFieldsText } from "./unknown.ts";
export { validate } from "./validate.ts";
export { warningsFor } from "./warnings.ts";
export {
  type CronJob,
  type DaemonSet,
  type Deployment,
  isCronJob,
  isDaemonSet,
  isDeployment,
  isJob,
  isPod,
  isReplicaSet,
  isReplicationController,
  isStatefulSet,
  type Job,
  type JobStatus,
  type PodFailureRule,
  type ReplicaSet,
  type ReplicationController,
  type StatefulSet,
} from "./workload.ts";

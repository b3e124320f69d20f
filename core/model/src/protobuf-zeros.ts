/**
 * Which zero values in protobuf say something. Go writes a member that is no pointer also when
 * nobody set it; one that is a pointer only when somebody did.
 */

/** Texts that are pointers in Go, of which empty is a value. */
export const keptZeros: ReadonlySet<string> = new Set([
  "core.v1.HostPathVolumeSource.type",
  "core.v1.PersistentVolumeClaimSpec.storageClassName",
  "discovery.v1.EndpointPort.name",
]);

/** Numbers and truth values that are no pointers in Go, of which zero is nothing. */
export const zeroIsNothing: ReadonlySet<string> = new Set([
  "failureThreshold",
  "generation",
  "healthCheckNodePort",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostPort",
  "initialDelaySeconds",
  "minReadySeconds",
  "nodePort",
  "observedGeneration",
  "paused",
  "periodSeconds",
  "publishNotReadyAddresses",
  "readOnly",
  "stdin",
  "stdinOnce",
  "successThreshold",
  "timeoutSeconds",
  "tty",
  "unschedulable",
]);

import type { Container, EphemeralContainer, Pod, ProbeAction, VolumeMount } from "@beemesh/model";
import type { ContainerPlan, PodPlan, ProbePlan, VolumePlan } from "@beemesh/ports";
import { withApiAccess } from "./api-access.ts";
import { limitsOf } from "./container-size.ts";
import { type Missing, missing, type Resolved, resolved } from "./dependency.ts";
import { type EnvironmentSource, environmentOf } from "./environment.ts";
import { expand, expandWhole } from "./expansion.ts";
import { pullCredentials } from "./pull-secrets.ts";
import { domainOf, resolverPlan } from "./resolver.ts";
import { securityOf } from "./security.ts";
import { sysctlsOf } from "./sysctl.ts";
import { type VolumeSource, volumePlan } from "./volumes.ts";

/** What a pod cannot be made without. */
export interface MissingPart extends Missing {
  /** The volume that it is for; undefined for the pod as a whole. */
  readonly volume?: string;
}

/** Kubernetes' own default. */
const graceSecondsDefault = 30;

/** A host name is one label of DNS (RFC 1035). */
const hostnameLengthMax = 63;

/** What the runtime makes of a pod, or the first thing that is not there yet. */
export function podPlan(
  source: VolumeSource,
):
  | { readonly ok: true; readonly value: PodPlan }
  | { readonly ok: false; readonly missing: MissingPart } {
  const pod = withApiAccess(source.pod, source.lookup, source.access);
  const { metadata, spec } = pod;
  const volumes: VolumePlan[] = [];
  for (const volume of spec.volumes ?? []) {
    const plan = volumePlan(volume, { ...source, pod });
    if (!plan.ok) return { ok: false, missing: { ...plan.missing, volume: volume.name } };
    volumes.push(plan.value);
  }
  const handler = handlerOf(source);
  if (!handler.ok) return handler;
  const value: PodPlan = {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    ...namesOf(pod),
    labels: metadata.labels ?? {},
    volumes,
    terminationGraceMs: graceMsOf(source.pod),
    ...sysctlsOf(pod),
    ...(handler.value === undefined ? {} : { handler: handler.value }),
  };
  return { ok: true, value };
}

/** What the pod is called, and how its programs find others by name. */
function namesOf(pod: Pod): Pick<PodPlan, "hostname" | "domain" | "hostAliases" | "resolver"> {
  const { metadata, spec } = pod;
  const domain = domainOf(pod);
  const hostAliases = (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames }));
  return {
    hostname: (spec.hostname ?? metadata.name).slice(0, hostnameLengthMax),
    ...(domain === "" ? {} : { domain }),
    ...(hostAliases.length === 0 ? {} : { hostAliases }),
    resolver: resolverPlan(pod),
  };
}

/** What the pod's RuntimeClass says is to run its containers; undefined without one. */
function handlerOf({ pod, lookup }: VolumeSource): Resolved<string | undefined> {
  const { runtimeClassName: name = "" } = pod.spec;
  if (name === "") return resolved(undefined);
  const handler = lookup("runtimeclasses", "", name)?.["handler"];
  if (typeof handler === "string") return resolved(handler);
  const dependency = { resource: "runtimeclasses", namespace: "", name } as const;
  return missing(`runtimeclass.node.k8s.io ${JSON.stringify(name)} not found`, dependency);
}

/** How long a pod's containers may take to end: of the deletion if there is one. */
export function graceMsOf({ metadata, spec }: Pod): number {
  const { deletionGracePeriodSeconds } = metadata;
  const { terminationGracePeriodSeconds = graceSecondsDefault } = spec;
  return Math.max(0, (deletionGracePeriodSeconds ?? terminationGracePeriodSeconds) * 1000);
}

/** What the runtime makes of a container, or what it needs that is not there yet. */
export function containerPlan(source: EnvironmentSource): Resolved<ContainerPlan> {
  const pod = withApiAccess(source.pod, source.lookup, source.access);
  const { initContainers = [], containers } = pod.spec;
  const container =
    [...initContainers, ...containers].find(({ name }) => name === source.container.name) ??
    source.container;
  const variables = environmentOf(source);
  if (!variables.ok) return variables;
  const mounts = mountsOf(pod, container, variables.value);
  if (!mounts.ok) return mounts;
  const security = securityOf(pod, container);
  if (!security.ok) return security;
  const credentials = pullCredentials(pod, container.image, source.lookup);
  const expandAll = (texts: readonly string[] = []): string[] =>
    texts.map((text) => expand(text, variables.value));
  return resolved({
    name: container.name,
    image: container.image,
    pull: container.imagePullPolicy ?? pullOf(container.image),
    ...(credentials.length === 0 ? {} : { credentials }),
    command: expandAll(container.command),
    args: expandAll(container.args),
    env: [...variables.value].map(([name, value]) => ({ name, value })),
    mounts: mounts.value,
    ports: (container.ports ?? []).map(({ containerPort, protocol = "TCP" }) => ({
      containerPort,
      protocol,
    })),
    stdin: container.stdin ?? false,
    tty: container.tty ?? false,
    ...(security.value === undefined ? {} : { security: security.value }),
    ...optionsOf(pod, container),
  });
}

/** What the runtime asks of a container for a probe or a hook; undefined for an unknown action. */
export function probePlan(container: Container, action: ProbeAction): ProbePlan | undefined {
  const { exec, httpGet, tcpSocket, grpc } = action;
  if (exec !== undefined) {
    return { kind: "exec", container: container.name, command: exec.command ?? [] };
  }
  if (httpGet !== undefined) {
    const { path = "/", scheme = "HTTP", httpHeaders = [] } = httpGet;
    const port = portOf(container, httpGet.port);
    return { kind: "http", port, path, tls: scheme === "HTTPS", headers: httpHeaders };
  }
  if (tcpSocket !== undefined) return { kind: "tcp", port: portOf(container, tcpSocket.port) };
  if (grpc === undefined) return undefined;
  const { port, service = "", mode = "Plaintext" } = grpc;
  return { kind: "grpc", port, service, tls: mode === "TLS" };
}

/** The number of a port that may be named; 0, which nothing listens on, for an unknown name. */
function portOf(container: Container, port: number | string): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d{1,5}$/u.test(port) ? Number(port) : 0);
}

/** Source: https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting */
function pullOf(image: string): ContainerPlan["pull"] {
  const name = image.slice(image.lastIndexOf("/") + 1);
  const untagged = !name.includes(":") && !name.includes("@");
  return untagged || name.endsWith(":latest") ? "Always" : "IfNotPresent";
}

/** A volume of files is one writer's, the object's: containers only read it. */
function mountsOf(
  pod: Pod,
  container: Container,
  variables: ReadonlyMap<string, string>,
): Resolved<ContainerPlan["mounts"]> {
  const mounts: ContainerPlan["mounts"][number][] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    const isFiles = volume?.emptyDir === undefined && volume?.hostPath === undefined;
    const subPath = subPathOf(mount, variables);
    if (!subPath.ok) return subPath;
    mounts.push({
      volume: mount.name,
      path: mount.mountPath,
      readOnly: isFiles || (mount.readOnly ?? false),
      ...(subPath.value === "" ? {} : { subPath: subPath.value }),
    });
  }
  return resolved(mounts);
}

/**
 * The part of its volume that a mount is of; empty for the whole. What variables say must not lead
 * out of the volume.
 *
 * Source: https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment
 */
function subPathOf(
  { subPath = "", subPathExpr = "" }: VolumeMount,
  variables: ReadonlyMap<string, string>,
): Resolved<string> {
  if (subPathExpr === "") return resolved(subPath);
  const { text, unknown } = expandWhole(subPathExpr, variables);
  if (unknown.length > 0) return missing(`missing value for ${unknown.join(", ")}`);
  if (text.startsWith("/")) {
    return missing(`error SubPath \`${text}\` must not be an absolute path`);
  }
  if (text.split("/").includes("..")) {
    return missing(`unable to provision SubPath \`${text}\`: must not contain '..'`);
  }
  return resolved(text);
}

function optionsOf(pod: Pod, container: EphemeralContainer): Partial<ContainerPlan> {
  return {
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    ...limitsOf(container.resources ?? {}),
    ...terminationOf(container),
    ...sharedParts(pod, container),
  };
}

function terminationOf({
  terminationMessagePath: path = "",
  terminationMessagePolicy: policy = "File",
}: EphemeralContainer): Partial<ContainerPlan> {
  if (path === "") return {};
  return { termination: { path, fallsBackToLogs: policy === "FallbackToLogsOnError" } };
}

/** What the container sees of its machine, and of another container. */
function sharedParts(
  { spec: { hostIPC = false, hostPID = false } }: Pod,
  { targetContainerName: target = "" }: EphemeralContainer,
): Partial<ContainerPlan> {
  const shares = [...(hostIPC ? ["ipc" as const] : []), ...(hostPID ? ["pid" as const] : [])];
  return {
    ...(target === "" ? {} : { target }),
    ...(shares.length === 0 ? {} : { shares }),
  };
}

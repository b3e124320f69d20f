import type { ContainerLimits, ContainerPlan, ContainerSecurity } from "@beemesh/ports";
import type { ResourceLimits } from "./host.ts";
import { namespacePath } from "./namespaces.ts";
import type { BindMount } from "./pod-folder.ts";

/** What a container needs to know of its pod and its host. */
export interface ContainerSetting {
  /** Podman's name of the pod. */
  readonly pod: string;
  /** Podman's name of the container. */
  readonly name: string;
  readonly hostname: string;
  /** Podman's id of the container whose processes this one sees. */
  readonly target: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly namespaces: string;
  readonly logPath: string;
  readonly mounts: readonly BindMount[];
  /** What the container writes about its end, if its plan says where. */
  readonly lastWordsPath: string;
  readonly limits: ResourceLimits;
  /** Undefined for the engine's own choice. */
  readonly ociRuntime: string | undefined;
  /** As whom it runs, in the engine's form; undefined for the image's own user. */
  readonly user: string | undefined;
  /** Settings of the kernel for the pod's namespaces. */
  readonly sysctls: Readonly<Record<string, string>>;
}

/** A log is begun anew at this size, so a chatty container cannot fill the disk: kubelet's. */
export const logBytesMax = 10 * 1024 * 1024;

/** The kernel's usual period of CPU quotas, in microseconds, and the least quota that it takes. */
const cpuPeriodUs = 100_000;
const cpuQuotaUsMin = 1000;

/**
 * Says in libpod's words what a container is to be.
 *
 * Source: https://docs.podman.io/en/latest/_static/api.html, SpecGenerator
 */
export function containerSpec(
  plan: ContainerPlan,
  setting: ContainerSetting,
): Readonly<Record<string, unknown>> {
  return {
    name: setting.name,
    pod: setting.pod,
    image: plan.image,
    labels: setting.labels,
    ...processPart(plan, setting),
    ...securityPart(plan.security ?? {}),
    ...namespacePart(plan, setting),
    ...(Object.keys(setting.sysctls).length === 0 ? {} : { sysctl: setting.sysctls }),
    mounts: mountPart(plan, setting),
    resource_limits: resourceLimits(plan),
    r_limits: limitPart(setting.limits),
    log_configuration: { driver: "k8s-file", path: setting.logPath, size: logBytesMax },
    // Whether it runs again is decided above us.
    restart_policy: "no",
    sdnotifyMode: "ignore",
    ...(setting.ociRuntime === undefined ? {} : { oci_runtime: setting.ociRuntime }),
  };
}

/** A command replaces the image's entry point and its arguments; arguments alone only those. */
function processPart(plan: ContainerPlan, setting: ContainerSetting): Record<string, unknown> {
  const env = Object.fromEntries(plan.env.map(({ name, value }) => [name, value]));
  return {
    ...(plan.command.length === 0 ? {} : { entrypoint: plan.command }),
    ...(plan.args.length === 0 ? {} : { command: plan.args }),
    ...(plan.workingDir === undefined ? {} : { work_dir: plan.workingDir }),
    ...(setting.user === undefined ? {} : { user: setting.user }),
    env: { HOSTNAME: setting.hostname, ...env },
    stdin: plan.stdin,
    terminal: plan.tty,
  };
}

/** Absent members are the engine's own choice: few rights, and a profile of seccomp. */
function securityPart(security: ContainerSecurity): Record<string, unknown> {
  const { groups, addCapabilities, dropCapabilities } = security;
  return {
    ...(groups === undefined ? {} : { groups: groups.map(String) }),
    ...(security.readOnlyRoot === true ? { read_only_filesystem: true } : {}),
    ...(security.noNewPrivileges === true ? { no_new_privileges: true } : {}),
    ...(security.privileged === true ? { privileged: true } : {}),
    ...(addCapabilities === undefined ? {} : { cap_add: addCapabilities }),
    ...(dropCapabilities === undefined ? {} : { cap_drop: dropCapabilities }),
    ...(security.seccompUnconfined === true ? { seccomp_profile_path: "unconfined" } : {}),
  };
}

function namespacePart(plan: ContainerPlan, setting: ContainerSetting): Record<string, unknown> {
  const isShared = (kind: "ipc" | "pid"): boolean => plan.shares?.includes(kind) === true;
  const shared = (kind: "net" | "uts" | "ipc"): Record<string, string> => ({
    nsmode: "path",
    value: namespacePath(setting.namespaces, kind),
  });
  return {
    netns: shared("net"),
    utsns: shared("uts"),
    ipcns: isShared("ipc") ? { nsmode: "host" } : shared("ipc"),
    ...(isShared("pid") ? { pidns: { nsmode: "host" } } : {}),
    ...(setting.target === undefined
      ? {}
      : { pidns: { nsmode: "container", value: setting.target } }),
    // These files are the pod's own, mounted below.
    use_image_hosts: true,
    use_image_resolve_conf: true,
  };
}

function mountPart(plan: ContainerPlan, setting: ContainerSetting): Record<string, unknown>[] {
  const bind = (source: string, destination: string, readOnly: boolean) => ({
    type: "bind",
    source,
    destination,
    options: ["rbind", "rprivate", readOnly ? "ro" : "rw"],
  });
  const planned = new Set(setting.mounts.map(({ destination }) => destination));
  return [
    ...["hosts", "hostname", "resolv.conf"]
      .filter((name) => !planned.has(`/etc/${name}`))
      .map((name) => bind(`${setting.folder}/${name}`, `/etc/${name}`, false)),
    ...setting.mounts.map((mount) => bind(mount.source, mount.destination, mount.readOnly)),
    ...(plan.termination === undefined || planned.has(plan.termination.path)
      ? []
      : [bind(setting.lastWordsPath, plan.termination.path, false)]),
  ];
}

/** Limits as the engine is told them; what is not limited is left out. */
export function resourceLimits({
  cpuMillicoresMax,
  memoryBytesMax,
}: ContainerLimits): Record<string, unknown> {
  const quota = Math.max(cpuQuotaUsMin, ((cpuMillicoresMax ?? 0) * cpuPeriodUs) / 1000);
  return {
    ...(cpuMillicoresMax === undefined
      ? {}
      : { cpu: { quota: Math.round(quota), period: cpuPeriodUs } }),
    ...(memoryBytesMax === undefined ? {} : { memory: { limit: memoryBytesMax } }),
  };
}

function limitPart(limits: ResourceLimits): Record<string, unknown>[] {
  return [
    { type: "nofile", soft: limits.openFilesMax, hard: limits.openFilesMax },
    { type: "nproc", soft: limits.processesMax, hard: limits.processesMax },
  ];
}

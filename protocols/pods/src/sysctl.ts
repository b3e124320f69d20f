import type { Pod } from "@beemesh/model";
import type { PodPlan } from "@beemesh/ports";

/**
 * Settings of the kernel that a pod may make: each is of the pod's own namespaces, and nobody else
 * notices. Others are refused, as a kubelet refuses those that nobody allowed it.
 *
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls
 */
const safe: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** The settings that the pod asks for, names with dots; no member without any. */
export function sysctlsOf({ spec }: Pod): Pick<PodPlan, "sysctls"> {
  const { sysctls = [] } = spec.securityContext ?? {};
  if (sysctls.length === 0) return {};
  return { sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [dotted(name), value])) };
}

/** Why the pod may not run for what it asks of the kernel, as a kubelet says it. */
export function forbiddenSysctl({ spec }: Pod): string | undefined {
  const { sysctls = [] } = spec.securityContext ?? {};
  for (const { name } of sysctls.map((each) => ({ name: dotted(each.name) }))) {
    if (!safe.has(name)) return `forbidden sysctl: "${name}" not allowlisted`;
    if (name.startsWith("kernel.") && spec.hostIPC === true) {
      return `forbidden sysctl: "${name}" not allowed with host ipc enabled`;
    }
  }
  return undefined;
}

/** Parts may be told apart by slashes; the first such sign of a name says which it is. */
function dotted(name: string): string {
  const first = /[./]/u.exec(name)?.[0];
  if (first !== "/") return name;
  return name.replaceAll(/[./]/gu, (sign) => (sign === "/" ? "." : "/"));
}

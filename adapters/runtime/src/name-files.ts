/** The files by which programs of a pod find others by name. */
import type { PodPlan, ResolverPlan } from "@beemesh/ports";

/** What stands in every pod's file, as a kubelet writes it; tools know it by its first line. */
const localHosts = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

/**
 * The text of a pod's `/etc/hosts`: itself, and the aliases that it was given.
 *
 * Source: https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
 */
export function hostsFile(
  { hostname, domain = "", hostAliases = [] }: PodPlan,
  ip: string,
): string {
  const names = domain === "" ? [hostname] : [`${hostname}.${domain}`, hostname];
  const own = `${localHosts}${lineOf(ip, names)}`;
  if (hostAliases.length === 0) return own;
  const aliases = hostAliases.map((alias) => lineOf(alias.ip, alias.hostnames));
  return `${own}\n# Entries added by HostAliases.\n${aliases.join("")}`;
}

/** The text of a pod's `/etc/resolv.conf`. Source: resolv.conf(5) */
export function resolverFile({ nameservers, searches, options }: ResolverPlan): string {
  const lines = [
    ["search", ...searches],
    ...nameservers.map((server) => ["nameserver", server]),
    ["options", ...options],
  ];
  return lines
    .map((words) => words.filter((word) => isWord(word)))
    .filter(({ length }) => length > 1)
    .map((words) => `${words.join(" ")}\n`)
    .join("");
}

function lineOf(ip: string, names: readonly string[]): string {
  const words = [ip, ...names].filter((word) => isWord(word));
  return words.length > 1 ? `${words.join("\t")}\n` : "";
}

/** What is none could pass for another line. */
function isWord(text: string): boolean {
  return /^[^\s#]+$/u.test(text);
}

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import { findCommand, run } from "./command.ts";
import { mountsUnder, unmountUnder } from "./mounts.ts";

/** The namespaces that the containers of a pod share, and the files that keep them alive. */
const kinds = ["net", "uts", "ipc"] as const;

/** The device that takes everything but TCP out of the pod: to its sidecar, and nowhere else. */
const tunName = "beemesh0";
/** The most that a packet of IP holds: the sidecar takes datagrams whole, and never in pieces. */
const tunMtu = 65_535;
/** Where the sidecar takes TCP connections, whatever address they are for. */
const interceptPort = 15_001;
/** The table of routes for TCP. */
const tcpTable = 101;

/**
 * Descriptors that wait for a sidecar at once; the kernel's ten would be full in every burst. It
 * counts where the receiver's socket was made.
 */
const descriptorsWaitingMax = 256;

/**
 * What is done inside new namespaces. The loopback answers to the pod's own addresses; TCP to any
 * other one is held to be local too and handed to the sidecar's listener, which so sees whom it
 * was for; all else goes to a device that the sidecar reads. The device says nothing by itself (no
 * link-local address). Low ports are for everybody, as container engines have them.
 *
 * Tools run at once and as few times as can be: starting them is what takes the time.
 */
const setUp = `set -e
printf %s "$1" >/proc/sys/kernel/hostname
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start || :
echo ${descriptorsWaitingMax} >/proc/sys/net/unix/max_dgram_qlen || :
nft -f - <<END &
table inet beemesh {
  chain intercept {
    type filter hook prerouting priority mangle; policy accept;
    ip daddr { 127.0.0.0/8, $2 } return
    ip6 daddr { ::1, $3 } return
    meta nfproto ipv4 meta l4proto tcp tproxy ip to 127.0.0.1:${interceptPort} accept
    meta nfproto ipv6 meta l4proto tcp tproxy ip6 to [::1]:${interceptPort} accept
  }
}
END
rules=$!
ipv4="link set lo up
addr add $2/32 dev lo
tuntap add dev ${tunName} mode tun
link set ${tunName} addrgenmode none
link set ${tunName} mtu ${tunMtu} up
route add 0.0.0.0/0 dev ${tunName} src $2
rule add ipproto tcp lookup ${tcpTable}
route add local 0.0.0.0/0 dev lo src $2 table ${tcpTable}"
ipv6="addr add $3/128 dev lo nodad
route add ::/0 dev ${tunName} src $3
route add local ::/0 dev lo src $3 table ${tcpTable}"
if echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/lo/disable_ipv6; then
  # The one command that does not see by its address which family it is for.
  ip -6 rule add ipproto tcp lookup ${tcpTable} &
  rule=$!
  ip -batch - <<END
$ipv4
$ipv6
END
  wait $rule
else
  ip -batch - <<END
$ipv4
END
fi
wait $rules`;

export interface PodNamespaces {
  /** Where the files are that keep the namespaces, one for each kind. */
  readonly folder: string;
  readonly hostname: string;
  /** IPv4; the pod's only addresses are this, its IPv6 address and those of the loopback. */
  readonly ip: string;
  readonly ip6: string;
}

/** The file that keeps the namespace of one kind. */
export function namespacePath(folder: string, kind: (typeof kinds)[number]): string {
  return join(folder, kind);
}

/** Whether the pod's namespaces are there; a reboot takes them away. */
export function haveNamespaces(folder: string): boolean {
  return mountsUnder(folder).length >= kinds.length;
}

/** What this computer lacks to make namespaces of pods; undefined if it has everything. */
export function lackForNamespaces(): string | undefined {
  const tools = ["nsenter", "unshare", "mount", "umount", "ip", "nft"];
  const missing = tools.filter((tool) => findCommand(tool) === undefined);
  if (missing.length > 0) {
    return `missing: ${missing.join(", ")} (Debian: util-linux, iproute2, nftables)`;
  }
  return existsSync("/dev/net/tun") ? undefined : "there is no /dev/net/tun (modprobe tun)";
}

/**
 * Makes the namespaces of a pod. They are held by mounts and not by a process, so a pod needs no
 * infra container: that spares its memory and the ninety milliseconds that Podman needs for it.
 *
 * @throws {BeeError} `start-failed`
 */
export async function makeNamespaces(pod: PodNamespaces): Promise<void> {
  const lack = lackForNamespaces();
  if (lack !== undefined) {
    throw new BeeError("start-failed", `Cannot make the network of a pod: ${lack}`);
  }
  mkdirSync(pod.folder, { recursive: true, mode: 0o700 });
  for (const kind of kinds) writeFileSync(namespacePath(pod.folder, kind), "");
  const files = kinds.map((kind) => `--${kind}=${namespacePath(pod.folder, kind)}`);
  const { hostname, ip, ip6 } = pod;
  try {
    await run("unshare", [...files, "sh", "-c", setUp, "beemesh", hostname, ip, ip6]);
  } catch (cause) {
    // Half a network would be taken for a whole one the next time.
    await unmountUnder(pod.folder);
    throw new BeeError("start-failed", `Cannot make the network of a pod: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** What the tools said: nft draws pointers below its reason, which then is not the last line. */
function reasonOf(error: unknown): string {
  const { cause, message } = error instanceof Error ? error : new Error(String(error));
  const text = cause instanceof Error ? cause.message : "";
  const reason = /^.*Error: (?<reason>.+)$/mu.exec(text)?.groups?.["reason"];
  if (reason === undefined) return message;
  const hint = reason.includes("process rule") ? " (does the kernel have nft_tproxy?)" : "";
  return `nft: ${reason}${hint}`;
}

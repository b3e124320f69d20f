import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { mountsUnder } from "./mounts.ts";

/** The namespaces that the containers of a pod share, and the files that keep them alive. */
const kinds = ["net", "uts", "ipc"] as const;

/**
 * What is done inside new namespaces: the loopback comes up and answers to the pod's own address,
 * the host name is set, and low ports are for everybody, as container engines have them.
 */
const setUp = `set -e
printf %s "$1" >/proc/sys/kernel/hostname
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start || :
exec ip -batch - <<END
link set lo up
addr add $2/32 dev lo
END`;

export interface PodNamespaces {
  /** Where the files are that keep the namespaces, one for each kind. */
  readonly folder: string;
  readonly hostname: string;
  /** IPv4; the pod's only interface is a loopback that has this and 127.0.0.1. */
  readonly ip: string;
}

/** The file that keeps the namespace of one kind. */
export function namespacePath(folder: string, kind: (typeof kinds)[number]): string {
  return join(folder, kind);
}

/** Whether the pod's namespaces are there; a reboot takes them away. */
export function haveNamespaces(folder: string): boolean {
  return mountsUnder(folder).length >= kinds.length;
}

/**
 * Makes the namespaces of a pod. They are held by mounts and not by a process, so a pod needs no
 * infra container: that spares its memory and the ninety milliseconds that Podman needs for it.
 *
 * @throws {BeeError} `start-failed`
 */
export async function makeNamespaces(pod: PodNamespaces): Promise<void> {
  mkdirSync(pod.folder, { recursive: true, mode: 0o700 });
  for (const kind of kinds) writeFileSync(namespacePath(pod.folder, kind), "");
  await run("unshare", [
    ...kinds.map((kind) => `--${kind}=${namespacePath(pod.folder, kind)}`),
    "sh",
    "-c",
    setUp,
    "beemesh",
    pod.hostname,
    pod.ip,
  ]);
}

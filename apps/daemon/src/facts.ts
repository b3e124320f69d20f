import { readFileSync, statfsSync } from "node:fs";
import {
  arch,
  availableParallelism,
  networkInterfaces,
  platform,
  release,
  totalmem,
} from "node:os";
import { hashOf } from "@beemesh/base";
import type { NodeFacts } from "@beemesh/machine";
import type { DaemonConfig } from "./config.ts";

/** What `kubectl get nodes` shows as VERSION: the Kubernetes API that is spoken, and by whom. */
export const version = "v1.33.0+beemesh.0.1.0";

/** Pods of one machine, as the kubelet's default. */
const podsMax = 110;

/** Memory kept back for the daemon and the system, in bytes. */
const reservedBytes = 256 * 1024 * 1024;

/** Kubernetes' and Go's names of processor architectures. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** Measures this computer. */
export function readFacts(
  config: DaemonConfig,
  known: {
    readonly name: string;
    readonly peer: string;
    readonly addresses: readonly string[];
    readonly workloadAddresses: readonly string[];
    readonly runtimeVersion: string;
    readonly runtimeHandlers: readonly string[];
  },
): NodeFacts {
  const disk = statfsSync(config.data);
  return {
    name: known.name,
    peer: known.peer,
    labels: config.labels,
    addresses: known.addresses,
    workloadAddresses: known.workloadAddresses,
    hostIp: hostIp(),
    ingressAddress: outsideAddress(config.httpHost),
    nodePortAddress: outsideAddress(config.nodePortHost),
    apiPort: config.apiPort,
    cpuMillicores: config.cpuMillicores ?? availableParallelism() * 1000,
    memoryBytes: config.memoryBytes ?? Math.max(0, totalmem() - reservedBytes),
    diskBytes: disk.blocks * disk.bsize,
    podsMax,
    runtimeHandlers: known.runtimeHandlers,
    system: {
      architecture: architectureName(),
      operatingSystem: platform(),
      osImage: osImage(),
      kernelVersion: release(),
      runtimeVersion: known.runtimeVersion,
      version,
      // A mesh may hold several machines of one computer: the key tells them apart.
      machineId: hashOf(known.peer).toString(16),
      bootId: fileText("/proc/sys/kernel/random/boot_id"),
    },
  };
}

/**
 * The runtime as Kubernetes writes it, such as `podman://4.3.1`.
 *
 * @param told - What its driver says to people, which may be more.
 */
export function runtimeVersion(name: string, told: string): string {
  return `${name}://${/\d+(?:\.\d+)*/u.exec(told)?.[0] ?? "0"}`;
}

/** This computer's architecture as Kubernetes calls it. */
function architectureName(): string {
  return architectures[arch()] ?? arch();
}

/** Where the network reaches what listens on `host`; undefined for loopback, and for nothing. */
function outsideAddress(host: string): string | undefined {
  if (host === "" || host === "localhost" || /^127\.|^::1$/u.test(host)) return undefined;
  return host === "0.0.0.0" || host === "::" ? hostIp() : host;
}

/** The first address that other machines could use; loopback if there is none. */
function hostIp(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.filter(({ internal }) => !internal);
  const found = outside.find(({ family }) => family === "IPv4") ?? outside[0];
  return found?.address ?? "127.0.0.1";
}

function osImage(): string {
  return /^PRETTY_NAME="?([^"\n]*)"?$/mu.exec(fileText("/etc/os-release"))?.[1] ?? platform();
}

function fileText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

import { existsSync } from "node:fs";
import { BeeError } from "@beemesh/base";
import { run, runOrThrow } from "./run.ts";

/** One host of a lab: where its processes run and how its cable is cut. */
export interface Host {
  readonly name: string;
  /** IPv4 address that the other hosts reach it at. */
  readonly address: string;
  /** What to put before a command so that it runs on this host; empty for this very computer. */
  readonly enter: readonly string[];
  /** Cuts the host's cable. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  /** Bytes that went through the host's cable since it was made. */
  traffic(): Promise<{ readonly receivedBytes: number; readonly sentBytes: number }>;
}

export interface Network {
  readonly hosts: readonly Host[];
  /** Removes every namespace and cable. Harmless when called twice. */
  close(): Promise<void>;
}

/** Hosts of one network: their addresses are 10.77.0.1 to 10.77.0.250, in namespaces only. */
const hostsMax = 250;

/** Whether this computer lets us make hosts: Linux, root, and iproute2. */
export function isNetworkPossible(): boolean {
  const isRoot = process.platform === "linux" && process.getuid?.() === 0;
  return isRoot && ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].some((path) => existsSync(path));
}

/**
 * Makes hosts in network namespaces, joined by a bridge in a namespace of its own, so that
 * nothing of it shows in this computer's own network.
 *
 * @param name - Goes into the names of the namespaces; at most 8 letters and digits.
 * @throws {BeeError} `network-impossible` without root, Linux or iproute2; `command-failed`.
 */
export async function openNetwork(name: string, count: number): Promise<Network> {
  if (!isNetworkPossible()) {
    throw new BeeError(
      "network-impossible",
      "Cannot make hosts: this needs root on Linux and iproute2",
    );
  }
  if (count < 1 || count > hostsMax) {
    throw new BeeError(
      "network-impossible",
      `Cannot make ${count} hosts: 1 to ${hostsMax} are possible`,
    );
  }
  const switchName = `beemesh-${name}-sw`;
  const names = Array.from({ length: count }, (_, index) => `beemesh-${name}-m${index + 1}`);
  const close = async (): Promise<void> => {
    for (const namespace of [...names, switchName]) await run(["ip", "netns", "delete", namespace]);
  };
  try {
    await makeSwitch(switchName);
    const hosts: Host[] = [];
    for (const [index, namespace] of names.entries()) {
      hosts.push(await makeHost(namespace, switchName, index + 1));
    }
    return { hosts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeSwitch(name: string): Promise<void> {
  await runOrThrow(["ip", "netns", "add", name]);
  await runOrThrow(["ip", "-n", name, "link", "add", "br0", "type", "bridge"]);
  await runOrThrow(["ip", "-n", name, "link", "set", "br0", "up"]);
}

async function makeHost(name: string, switchName: string, number: number): Promise<Host> {
  const port = `port${number}`;
  const address = `10.77.0.${number}`;
  await runOrThrow(["ip", "netns", "add", name]);
  const cable = `eth0 netns ${name} type veth peer name ${port} netns ${switchName}`;
  await runOrThrow(["ip", "link", "add", ...cable.split(" ")]);
  await runOrThrow(["ip", "-n", switchName, "link", "set", port, "master", "br0"]);
  await runOrThrow(["ip", "-n", switchName, "link", "set", port, "up"]);
  await runOrThrow(["ip", "-n", name, "address", "add", `${address}/24`, "dev", "eth0"]);
  await runOrThrow(["ip", "-n", name, "link", "set", "lo", "up"]);
  await runOrThrow(["ip", "-n", name, "link", "set", "eth0", "up"]);
  // Multicast has no other way out, and mDNS needs one.
  await runOrThrow(["ip", "-n", name, "route", "add", "default", "dev", "eth0"]);
  const enter = ["nsenter", `--net=/run/netns/${name}`];
  const setPort = async (state: "up" | "down"): Promise<void> => {
    await runOrThrow(["ip", "-n", switchName, "link", "set", port, state]);
  };
  return {
    name,
    address,
    enter,
    unplug: () => setPort("down"),
    plug: () => setPort("up"),
    traffic: () => readTraffic(name),
  };
}

async function readTraffic(
  namespace: string,
): Promise<{ readonly receivedBytes: number; readonly sentBytes: number }> {
  const text = await runOrThrow([
    "nsenter",
    `--net=/run/netns/${namespace}`,
    "cat",
    "/proc/net/dev",
  ]);
  const numbers = /eth0:\s*(?<counters>[\d\s]+)/u
    .exec(text)
    ?.groups?.["counters"]?.trim()
    .split(/\s+/u);
  return { receivedBytes: Number(numbers?.[0] ?? 0), sentBytes: Number(numbers?.[8] ?? 0) };
}

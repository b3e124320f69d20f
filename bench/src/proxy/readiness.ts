import { type ChildProcess, spawn } from "node:child_process";
import { globSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import { type DevMachine, until } from "@beemesh/dev";
import { findPrograms, type Program } from "@beemesh/lab";
import { type Figure, figureOf } from "../report.ts";
import { type BenchPod, createPod, deletePod, logOf, sidecarFile } from "./pods.ts";
import { endProcess } from "./subject.ts";

/** A program may wait so long for its first answer, from its own start, in milliseconds. */
const readyMsMax = 150;
/** Longest that a pod or a peer may take at all. */
const waitMsMax = 60_000;

/** What one pod's start gave, in milliseconds. */
interface Readiness {
  /** From the first instruction of the pod's program to the first answer that it got. */
  readonly answerMs: number;
  /** From the same moment until the sidecar listened; negative if it did before. */
  readonly listenMs: number;
  /** From the sidecar's own start until it listened. */
  readonly raiseMs: number;
}

/**
 * How soon a pod's programs can reach others: pods one after the other, whose program asks a
 * Service, again and again, from its first instruction on. An answer means that the sidecar
 * listens, is certified, knows the route, and was let in by the other one. Beside it, how long a
 * haproxy takes to listen in the same network.
 *
 * @param service - Host and port of what gives a line back.
 */
export async function measureReadiness(
  machine: DevMachine,
  service: { readonly host: string; readonly port: number },
  options: { readonly pods: number; readonly folder: string },
): Promise<Figure[]> {
  const taken: Readiness[] = [];
  const ofPeer: number[] = [];
  const { haproxy } = findPrograms("haproxy");
  for (let index = 0; index < options.pods; index += 1) {
    const name = `bench-ready-${index}`;
    const pod = await createPod(machine, name, ["sh", "-c", askingScript(service)]);
    taken.push(await readinessOf(machine, name, pod));
    if (haproxy !== undefined) ofPeer.push(await timeHaproxy(haproxy, pod, options.folder));
    await deletePod(machine.client(), name);
  }
  const beside = (measured: readonly number[]): { name: string; measured: readonly number[] } => ({
    name: "haproxy, from its start until it listens in the pod's network",
    measured,
  });
  const peer = ofPeer.length === 0 ? {} : { peer: beside(ofPeer) };
  const answers = taken.map(({ answerMs }) => answerMs);
  const listens = taken.map(({ listenMs }) => listenMs);
  const raises = taken.map(({ raiseMs }) => raiseMs);
  return [
    figureOf("first answer to a pod's program, from its first instruction", "ms", answers, {
      budget: readyMsMax,
    }),
    figureOf("sidecar listens, from the program's first instruction", "ms", listens, {
      budget: readyMsMax,
    }),
    figureOf("sidecar listens, from its own start", "ms", raises, peer),
  ];
}

/** Leaves a file at the beginning and one at the first answer: busybox's clock shows seconds. */
function askingScript({ host, port }: { readonly host: string; readonly port: number }): string {
  const ask = `[ "$(echo ready | nc -w 5 ${host} ${port} 2>/dev/null)" = ready ]`;
  const end = "touch /tmp/answered; echo answered; sleep 3600";
  return `touch /tmp/began; until ${ask}; do :; done; ${end}`;
}

async function readinessOf(machine: DevMachine, name: string, pod: BenchPod): Promise<Readiness> {
  await until(`the first answer to ${name}`, waitMsMax, async () =>
    (await logOf(machine.client(), name)).includes("answered") ? true : undefined,
  );
  const root = `/proc/${programPidOf(pod)}/root/tmp`;
  const [beganMs, answeredMs] = [writtenMs(join(root, "began")), writtenMs(join(root, "answered"))];
  const listenedMs = writtenMs(sidecarFile(machine, pod.uid, "sock"));
  const startedMs = writtenMs(sidecarFile(machine, pod.uid, "json"));
  return {
    answerMs: answeredMs - beganMs,
    listenMs: listenedMs - beganMs,
    raiseMs: listenedMs - startedMs,
  };
}

/** Files that are written once: their time has nanoseconds. */
function writtenMs(path: string): number {
  return statSync(path).mtimeMs;
}

/** A process of a pod that is not its sidecar: it has another root. */
function programPidOf({ sidecarPid }: BenchPod): number {
  const network = readlinkSync(`/proc/${sidecarPid}/ns/net`);
  const root = readlinkSync(`/proc/${sidecarPid}/ns/mnt`);
  for (const path of globSync("/proc/[0-9]*")) {
    try {
      const isHere = readlinkSync(join(path, "ns/net")) === network;
      if (isHere && readlinkSync(join(path, "ns/mnt")) !== root) return Number(path.split("/")[2]);
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new BeeError("bench-failed", "Cannot measure a pod's start: it has no process");
}

/** From the start of a haproxy to its listening, which the kernel's table of sockets tells. */
async function timeHaproxy(program: Program, pod: BenchPod, folder: string): Promise<number> {
  const path = join(folder, "haproxy-ready.cfg");
  const port = 19_001;
  const lines = ["defaults", "  mode tcp", "  timeout connect 5s", "  timeout client 5s"];
  const listen = [
    "  timeout server 5s",
    "listen l",
    `  bind 127.0.0.1:${port}`,
    "  server s 127.0.0.1:9",
  ];
  writeFileSync(path, [...lines, ...listen, ""].join("\n"));
  const [command, ...rest] = ["nsenter", ...pod.enter.slice(1), program.path, "-db", "-f", path];
  const began = performance.now();
  const env = { ...process.env, ...program.env };
  const child = spawn(command, rest, { stdio: "ignore", env });
  try {
    return await untilListening(child, pod, port, began);
  } finally {
    await endProcess(child);
  }
}

async function untilListening(
  child: ChildProcess,
  pod: BenchPod,
  port: number,
  began: number,
): Promise<number> {
  // proc(5): local address, remote address, and state 0A for LISTEN.
  const row = new RegExp(`: [0-9A-F]{8}:${port.toString(16).toUpperCase()} \\S+ 0A `, "u");
  while (child.exitCode === null && performance.now() - began < waitMsMax) {
    if (row.test(readFileSync(`/proc/${pod.sidecarPid}/net/tcp`, "utf8"))) {
      return performance.now() - began;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new BeeError("bench-failed", "Cannot measure haproxy: it does not listen");
}

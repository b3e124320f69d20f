import {
  after,
  assert,
  instantAt,
  type Now,
  type Random,
  seededRandom,
  unreachable,
} from "@beemesh/base";
import type { Pod, PodSpec } from "@beemesh/model";
import type { RuntimeCommand, RuntimeReport } from "./command.ts";
import type { PodsEffect } from "./effect.ts";
import type { PodsEvent } from "./event.ts";
import { Pods } from "./pods.ts";

/** Longer than any grace, back-off and patience: after this much quiet nothing is pending. */
const quietMs = 600_000;

/** Events that a drill takes at most to come to rest. */
const stepsMax = 5000;

interface Planned {
  readonly atMs: number;
  readonly happen: () => PodsEvent | undefined;
}

/**
 * A machine whose runtime answers late, fails and loses pods, all of one seed. It checks that
 * nothing is asked of the runtime that makes no sense.
 */
export class Drill {
  readonly pods: Pods;
  readonly phases = new Set<string>();
  readonly #random: Random;
  readonly #sandboxes = new Set<string>();
  /** What runs: uid and container, with its attempt. */
  readonly #running = new Map<string, number>();
  /** What was asked to start, and not answered yet. */
  readonly #starting = new Set<string>();
  readonly #assigned = new Map<string, Pod>();
  readonly #planned: Planned[] = [];
  #now: Now = { at: instantAt(0), wallMs: 1_772_323_200_000 };

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.pods = new Pods({
      nodeName: "ann",
      hostIp: "10.0.0.1",
      lookup: () => undefined,
      cpuMillicores: 1000,
      memoryBytes: 1,
    });
    this.#step({ kind: "found", pods: [] });
  }

  /** Lets `count` things happen by chance, and what follows of them in between. */
  run(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const choice = this.#random.below(7);
      if (choice === 0) this.#assign();
      else if (choice === 6) this.#look();
      else if (choice === 1) this.#exit();
      else if (choice === 2 && this.#random.below(4) === 0) this.#vanish();
      else this.#pass(this.#random.below(20_000));
    }
  }

  /** Deletes every pod and waits until all is quiet. */
  deleteAll(): void {
    for (const pod of this.#assigned.values()) {
      const metadata = { ...pod.metadata, deletionTimestamp: "now" };
      this.#step({ kind: "assign", pod: { ...pod, metadata }, heldSinceMs: 0 });
    }
    this.#pass(quietMs);
  }

  #assign(): void {
    if (this.#assigned.size >= 3) return;
    const uid = `U${this.#assigned.size}`;
    const policies = ["Always", "OnFailure", "Never"] as const;
    const probe = { tcpSocket: { port: 1 }, periodSeconds: 5, failureThreshold: 2 };
    const always = { restartPolicy: "Always", livenessProbe: probe } as const;
    const exec = { command: ["true"] };
    const hooks = { postStart: { exec }, preStop: { exec } };
    const beside = { name: "s", image: "i:1", ...always };
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "R" };
    const spec: PodSpec = {
      restartPolicy: policies[this.#random.below(3)] ?? "Always",
      terminationGracePeriodSeconds: 2,
      containers: [
        {
          name: "a",
          image: "i:1",
          ...(this.#random.below(2) === 0 ? { livenessProbe: probe } : {}),
        },
        {
          name: "b",
          image: "i:1",
          readinessProbe: probe,
          ...(this.#random.below(3) === 0 ? { lifecycle: hooks } : {}),
        },
      ],
      ...(this.#random.below(2) === 0
        ? { initContainers: [{ name: "i", image: "i:1" }, beside] }
        : {}),
    };
    const owners = this.#random.below(2) === 0 ? [] : [{ ...owner, controller: true }];
    const metadata = { name: uid, namespace: "default", uid, ownerReferences: owners };
    const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
    this.#assigned.set(uid, pod);
    this.#step({ kind: "assign", pod, heldSinceMs: 0 });
  }

  /** Adds a container to a pod that is there already. */
  #look(): void {
    const pod = [...this.#assigned.values()][this.#random.below(3)];
    if (pod === undefined) return;
    const looks = pod.spec.ephemeralContainers ?? [];
    const added = { name: `look-${looks.length}`, image: "i:1" };
    const spec = { ...pod.spec, ephemeralContainers: [...looks, added] };
    const next: Pod = { ...pod, spec };
    this.#assigned.set(pod.metadata.uid ?? "", next);
    this.#step({ kind: "assign", pod: next, heldSinceMs: 0 });
  }

  #exit(): void {
    const running = [...this.#running.keys()];
    const key = running[this.#random.below(Math.max(1, running.length))];
    if (key === undefined) return;
    const event = this.#exitOf(key, this.#random.below(2));
    if (event !== undefined) this.#step(event);
  }

  #exitOf(key: string, exitCode: number): PodsEvent | undefined {
    const attempt = this.#running.get(key);
    if (attempt === undefined) return undefined;
    this.#running.delete(key);
    const [uid = "", container = ""] = key.split("/");
    const exit = { exitCode, outOfMemory: false, finishedAtMs: this.#now.wallMs };
    return { kind: "runtime", event: { kind: "exited", uid, container, attempt, exit } };
  }

  #vanish(): void {
    const [uid] = this.#sandboxes;
    if (uid === undefined) return;
    this.#forget(uid);
    this.#step({ kind: "runtime", event: { kind: "vanished", uid } });
  }

  #forget(uid: string): void {
    this.#sandboxes.delete(uid);
    for (const key of this.#running.keys())
      if (key.startsWith(`${uid}/`)) this.#running.delete(key);
  }

  /** Lets time pass, and in it happen what was planned. */
  #pass(durationMs: number): void {
    const untilMs = this.#now.at + durationMs;
    for (let step = 0; step < stepsMax; step += 1) {
      const next = this.#planned[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#moveTo(untilMs);
        return;
      }
      this.#planned.shift();
      this.#moveTo(next.atMs);
      const event = next.happen();
      if (event !== undefined) this.#step(event);
    }
    assert(false, `a drill comes to rest within ${stepsMax} steps`);
  }

  #moveTo(atMs: number): void {
    const passedMs = Math.max(0, atMs - this.#now.at);
    this.#now = { at: after(this.#now.at, passedMs), wallMs: this.#now.wallMs + passedMs };
  }

  #step(event: PodsEvent): void {
    const effects = this.pods.step(event, this.#now);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: PodsEffect): void {
    if (effect.kind === "status") this.phases.add(effect.status.phase ?? "");
    if (effect.kind === "wake") {
      assert(effect.at > this.#now.at, "nobody asks to be woken now");
      this.#plan(effect.at - this.#now.at, () => ({ kind: "tick" }));
    }
    if (effect.kind === "removed" || effect.kind === "lost") this.#assigned.delete(effect.uid);
    if (effect.kind === "lost") {
      this.#plan(10, () => ({ kind: "unassign", uid: effect.uid, reason: "lost" }));
    }
    if (effect.kind !== "runtime") return;
    const { command } = effect;
    if (command.kind === "startContainer") this.#begin(command);
    this.#plan(1 + this.#random.below(1500), () => this.#answer(command));
  }

  #begin({ uid, plan, attempt }: Extract<RuntimeCommand, { kind: "startContainer" }>): void {
    const key = `${uid}/${plan.name}`;
    assert(!this.#running.has(key), `${key} is not started while it runs`);
    assert(!this.#starting.has(`${key}/${attempt}`), `${key} is not started twice at once`);
    this.#starting.add(`${key}/${attempt}`);
  }

  #plan(inMs: number, happen: Planned["happen"]): void {
    const atMs = this.#now.at + inMs;
    const index = this.#planned.findLastIndex((planned) => planned.atMs <= atMs);
    this.#planned.splice(index + 1, 0, { atMs, happen });
  }

  #answer(command: RuntimeCommand): PodsEvent | undefined {
    const report = this.#reportOf(command);
    return report === undefined ? undefined : { kind: "report", report };
  }

  #reportOf(command: RuntimeCommand): RuntimeReport | undefined {
    const { uid } = command;
    switch (command.kind) {
      case "createPod":
        if (this.#random.below(5) === 0) {
          return { kind: "podFailed", uid, code: "runtime-unavailable", message: "busy" };
        }
        this.#sandboxes.add(uid);
        return { kind: "podCreated", uid, ip: "10.1.0.2" };
      case "startContainer":
        return this.#started(command);
      case "stopContainer": {
        const exit = this.#exitOf(`${uid}/${command.container}`, 143);
        const report = { kind: "containerStopped", uid, container: command.container } as const;
        this.#plan(1, () => ({ kind: "report", report }));
        if (exit !== undefined) this.#step(exit);
        return undefined;
      }
      case "resizeContainer":
        return this.#resized(command);
      case "writeFiles":
        return { kind: "filesWritten", uid };
      case "retirePod":
        return this.#retired(uid);
      case "removePod":
        this.#forget(uid);
        return { kind: "podRemoved", uid };
      case "probe":
      case "hook":
        return this.#asked(command);
      default:
        return unreachable(command);
    }
  }

  #resized({
    uid,
    container,
    attempt,
  }: Extract<RuntimeCommand, { kind: "resizeContainer" }>): RuntimeReport {
    const ok = this.#random.below(3) > 0;
    return { kind: "containerResized", uid, container, attempt, ok, message: ok ? "" : "busy" };
  }

  #retired(uid: string): RuntimeReport {
    return this.#random.below(3) === 0
      ? { kind: "podRetireFailed", uid, message: "busy" }
      : { kind: "podRetired", uid };
  }

  #started({
    uid,
    plan,
    attempt,
  }: Extract<RuntimeCommand, { kind: "startContainer" }>): RuntimeReport {
    const whose = { uid, container: plan.name, attempt };
    const key = `${uid}/${plan.name}`;
    this.#starting.delete(`${key}/${attempt}`);
    const failures = ["start-failed", "image-pull-failed", "runtime-unavailable"];
    const code = this.#sandboxes.has(uid) ? failures[this.#random.below(20)] : "pod-unknown";
    if (code !== undefined) return { kind: "containerFailed", ...whose, code, message: "no" };
    this.#running.set(key, attempt);
    const started = { id: key, imageId: "", startedAtMs: this.#now.wallMs };
    return { kind: "containerStarted", ...whose, started };
  }

  #asked(command: Extract<RuntimeCommand, { kind: "probe" | "hook" }>): RuntimeReport {
    const { uid, container, attempt } = command;
    const about = { uid, container, attempt, ok: this.#random.below(3) > 0, message: "refused" };
    return command.kind === "probe"
      ? { kind: "probed", ...about, probe: command.probe }
      : { kind: "hooked", ...about, hook: command.hook };
  }
}

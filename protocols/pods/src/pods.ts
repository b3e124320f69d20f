import { after, type Instant, type Now, unreachable } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import type { FoundPod, RuntimeEvent } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { type Amounts, allot, amountsOf, type Pending, recalled } from "./allotment.ts";
import { type ApiAccess, withRootCa } from "./api-access.ts";
import type { RuntimeReport } from "./command.ts";
import type { Lookup } from "./dependency.ts";
import type { PodsEffect } from "./effect.ts";
import type { PodsEvent } from "./event.ts";
import { PodKeeper } from "./pod-keeper.ts";
import { announce, type Scene } from "./scene.ts";
import { type KnownServices, type Services, servicesFor } from "./service-variables.ts";
import { forbiddenSysctl } from "./sysctl.ts";

/** What {@link Pods} needs to know of its machine. */
export interface PodsOptions {
  /** The machine's name, as in `spec.nodeName`. */
  readonly nodeName: string;
  readonly hostIp: string;
  readonly lookup: Lookup;
  /** What `resourceFieldRef` gives for a container without limits. */
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  /** Names the driver in container ids, such as `podman://…`; that if not given. */
  readonly runtimeName?: string;
  /** What pods may have of the API of this machine; nothing if not given. */
  readonly access?: ApiAccess;
  /** The Services that containers are told of; none if not given. */
  readonly services?: Services;
}

/** More pods than a machine can hold; the 500 of the largest kubelets, doubled. */
const podsMax = 1000;

/** A list of what runs may be this old: a younger sandbox that it lacks is not missing. */
const listAgeMsMax = 30_000;

/** Somebody else's word about a pod that is held here is answered no oftener than this. */
const contestMsMin = 1000;

/** What is told of one pod, besides the pod itself. */
interface Kept {
  readonly keeper: PodKeeper;
  /** The pod as its record says; the keeper knows it as it may run. */
  wanted: Pod;
  pending: Pending | undefined;
  heldSinceMs: number;
  /** The status as the registry has it, in canonical form. */
  told: string;
  /** What somebody else has told since, to be answered later. */
  contested: string | undefined;
  /** When somebody else's status was last answered. */
  contestedAt: Instant | undefined;
  /** The status as last computed: the same text needs no closer look. */
  computed: string;
  /** When its sandbox was last known to be new. */
  upAt: Instant | undefined;
  /** The pod was given back while it was ending: it begins once more when it is gone. */
  next: Extract<PodsEvent, { kind: "assign" }> | undefined;
}

/**
 * The pods of one machine, from assignment to the last trace. At the start, assign every pod that
 * the machine holds, then tell what was found: what runs is taken over, not started again.
 */
export class Pods {
  readonly #options: PodsOptions;
  readonly #kept = new Map<string, Kept>();
  #isDiscovered = false;
  #wakeAt: Instant | undefined;

  constructor(options: PodsOptions) {
    this.#options = options;
  }

  /** The pods that are here, also those that are ending. */
  uids(): string[] {
    return [...this.#kept.keys()];
  }

  /**
   * Wall time since when the pod has been held without a gap; undefined if it is not here, or has
   * ended, is ending or is lost, so that it has no claim to its name.
   */
  heldSinceMs(uid: string): number | undefined {
    const kept = this.#kept.get(uid);
    return kept?.keeper.isHeld === true ? kept.heldSinceMs : undefined;
  }

  step(event: PodsEvent, now: Now): PodsEffect[] {
    const out: PodsEffect[] = [];
    if (this.#wakeAt !== undefined && now.at >= this.#wakeAt) this.#wakeAt = undefined;
    const touched = [...this.#touched(event, now, out)];
    for (const uid of new Set([...touched, ...this.#due(now), ...this.#retell(now)]))
      this.#settle(uid, now, out);
    for (const uid of this.#reconsidered(now, out)) this.#settle(uid, now, out);
    const wakeAt = this.#nextAt();
    const isNews = wakeAt !== undefined && wakeAt !== this.#wakeAt;
    if (isNews) out.push({ kind: "wake", at: wakeAt });
    this.#wakeAt = wakeAt;
    return out;
  }

  /** Takes in what has happened, and names the pods that it may have changed. */
  #touched(event: PodsEvent, now: Now, out: PodsEffect[]): Iterable<string> {
    switch (event.kind) {
      case "assign":
        return this.#assign(event, now, out);
      case "unassign":
        return this.#unassign(event, now, out);
      case "found":
        return this.#found(event.pods, now, out);
      case "report":
        return this.#report(event.report, now, out);
      case "runtime":
        return this.#runtime(event.event, now, out);
      case "dependency":
        return this.#changed(event, now);
      case "tick":
        return [];
      default:
        return unreachable(event);
    }
  }

  #assign(
    event: Extract<PodsEvent, { kind: "assign" }>,
    now: Now,
    out: PodsEffect[],
  ): Iterable<string> {
    const { pod, heldSinceMs } = event;
    const { uid = "" } = pod.metadata;
    const known = this.#kept.get(uid);
    if (known?.keeper.cause === "unassigned") {
      known.next = event;
      return [];
    }
    const told = canonicalJson(pod.status ?? {});
    const kept = known ?? this.#keep(uid, pod, heldSinceMs);
    this.#hear(kept, told, now);
    kept.wanted = pod;
    const scene = this.#allot(uid, kept, now, out);
    kept.keeper.update(scene);
    if (known !== undefined) return [uid];
    const forbidden = forbiddenSysctl(pod);
    if (this.#heldCount() > podsMax) kept.keeper.refuse("OutOfpods", "The machine is full");
    else if (forbidden !== undefined) this.#reject(scene, kept, forbidden);
    else if (this.#isDiscovered) kept.keeper.begin(scene);
    return [uid];
  }

  /** Gives a pod the resources that its record asks for, if there is room; it is told if not. */
  #allot(uid: string, kept: Kept, now: Now, out: PodsEffect[]): Scene {
    const { cpuMillicores: cpu, memoryBytes: memory } = this.#options;
    const before = kept.pending?.message;
    const usedByOthers = (): Amounts => this.#usedBeside(uid);
    const room = { capacity: { cpu, memory }, usedByOthers };
    const { pod, pending } = allot(kept.wanted, kept.keeper.pod, room);
    kept.pending = pending;
    const scene = this.#scene(uid, pod, now, out);
    if (pending === undefined || pending.message === before) return scene;
    const { reason, message } = pending;
    announce(scene, { type: "Warning", reason: `Resize${reason}`, message });
    return scene;
  }

  /** What the pods here have been given, but for one; they keep it until they have ended. */
  #usedBeside(uid: string): Amounts {
    const used = { cpu: 0, memory: 0 };
    for (const [other, { keeper }] of this.#kept) {
      if (other === uid || !keeper.takesRoom) continue;
      const { cpu, memory } = amountsOf(keeper.pod);
      used.cpu += cpu;
      used.memory += memory;
    }
    return used;
  }

  /** Looks again at pods that wait for others to leave. */
  #reconsidered(now: Now, out: PodsEffect[]): string[] {
    return [...this.#kept].flatMap(([uid, kept]) => {
      if (kept.pending?.reason !== "Deferred" || !kept.keeper.isHeld) return [];
      const scene = this.#allot(uid, kept, now, out);
      if (kept.pending === undefined) kept.keeper.update(scene);
      return [uid];
    });
  }

  /** Says once more what was said of it before: a daemon that begins anew knows the same rules. */
  #reject(scene: Scene, { keeper }: Kept, message: string): void {
    const reason = "SysctlForbidden";
    if (scene.pod.status?.phase !== "Failed") announce(scene, { type: "Warning", reason, message });
    keeper.refuse(reason, `Pod was rejected: ${message}`);
  }

  /** Pods that are at their end take nothing but their logs. */
  #heldCount(): number {
    return [...this.#kept.values()].filter(({ keeper }) => keeper.isHeld).length;
  }

  /**
   * Takes in what the registry says of the pod. If somebody else has told a status, ours is told
   * again, but not oftener than now and then: two machines that both hold the pod would go on
   * contradicting each other as fast as the network lets them.
   */
  #hear(kept: Kept, told: string, { at }: Now): void {
    const { contestedAt } = kept;
    kept.contested = undefined;
    if (told === kept.told) return;
    if (contestedAt !== undefined && at < after(contestedAt, contestMsMin)) {
      kept.contested = told;
      return;
    }
    if (kept.told !== "") kept.contestedAt = at;
    kept.told = told;
    kept.computed = "";
  }

  /** Tells again what was contested a while ago. */
  #retell({ at }: Now): string[] {
    return [...this.#kept].flatMap(([uid, kept]) => {
      const dueAt = retellAt(kept);
      if (dueAt === undefined || dueAt > at) return [];
      kept.told = kept.contested ?? kept.told;
      kept.contested = undefined;
      kept.contestedAt = at;
      kept.computed = "";
      return [uid];
    });
  }

  #keep(uid: string, pod: Pod, heldSinceMs: number): Kept {
    const keeper = new PodKeeper(recalled(pod));
    const kept: Kept = {
      keeper,
      wanted: pod,
      pending: undefined,
      heldSinceMs,
      told: "",
      contested: undefined,
      contestedAt: undefined,
      computed: "",
      upAt: undefined,
      next: undefined,
    };
    this.#kept.set(uid, kept);
    return kept;
  }

  #unassign(
    { uid, reason }: { readonly uid: string; readonly reason: string },
    now: Now,
    out: PodsEffect[],
  ): Iterable<string> {
    const kept = this.#kept.get(uid);
    if (kept === undefined) return [];
    kept.next = undefined;
    kept.keeper.end(this.#scene(uid, kept.keeper.pod, now, out), "unassigned");
    out.push({ kind: "observe", event: "pod.unassigned", facts: { uid, reason } });
    return [uid];
  }

  #found(pods: readonly FoundPod[], now: Now, out: PodsEffect[]): Iterable<string> {
    const found = new Map(pods.map((pod) => [pod.uid, pod]));
    for (const uid of found.keys()) if (!this.#kept.has(uid)) this.#removeUnknown(uid, out);
    for (const [uid, kept] of this.#kept) {
      const scene = this.#scene(uid, kept.keeper.pod, now, out);
      if (kept.keeper.isAwaited) this.#discover(scene, kept, found.get(uid));
      else this.#repair(scene, kept, found.get(uid));
    }
    this.#isDiscovered = true;
    return [...this.#kept.keys()];
  }

  #removeUnknown(uid: string, out: PodsEffect[]): void {
    out.push({ kind: "observe", event: "pod.unknown", facts: { uid } });
    out.push({ kind: "runtime", command: { kind: "removePod", uid, graceMs: unknownGraceMs } });
  }

  #discover(scene: Scene, kept: Kept, found: FoundPod | undefined): void {
    const { uid, now, out } = scene;
    const isUnbroken = found !== undefined && kept.keeper.adopt(scene, found).isUnbroken;
    if (found === undefined) kept.keeper.begin(scene);
    else kept.upAt = now.at;
    out.push({ kind: "observe", event: "pod.discovered", facts: { uid, isUnbroken } });
    if (!isUnbroken) this.#hold(uid, kept, now, out);
  }

  /** From now on the pod counts as held: whatever ran before has not run on. */
  #hold(uid: string, kept: Kept, { wallMs }: Now, out: PodsEffect[]): void {
    kept.heldSinceMs = wallMs;
    out.push({ kind: "held", uid, sinceMs: wallMs });
  }

  /** A later list tells of exits and losses whose events did not come. */
  #repair(scene: Scene, kept: Kept, found: FoundPod | undefined): void {
    if (found === undefined) {
      const isOld = kept.upAt !== undefined && scene.now.at >= after(kept.upAt, listAgeMsMax);
      if (kept.keeper.isUp && isOld) this.#vanish(scene, kept);
      return;
    }
    for (const { name, attempt, exit } of found.containers) {
      if (exit !== undefined) kept.keeper.exited(scene, name, { attempt, exit });
    }
  }

  #report(report: RuntimeReport, now: Now, out: PodsEffect[]): Iterable<string> {
    const { uid } = report;
    const kept = this.#kept.get(uid);
    if (kept === undefined) return [];
    const scene = this.#scene(uid, kept.keeper.pod, now, out);
    if (report.kind === "podCreated") kept.upAt = now.at;
    if (isVanished(report, kept.keeper)) this.#vanish(scene, kept);
    else kept.keeper.report(scene, report);
    return [uid];
  }

  #runtime(event: RuntimeEvent, now: Now, out: PodsEffect[]): Iterable<string> {
    if (event.kind === "health") {
      const { ok, message } = event;
      out.push({ kind: "observe", event: "runtime.health", facts: { ok, message } });
      return [];
    }
    const { uid } = event;
    const kept = this.#kept.get(uid);
    if (kept === undefined) return [];
    const scene = this.#scene(uid, kept.keeper.pod, now, out);
    if (event.kind === "vanished") this.#vanish(scene, kept);
    else kept.keeper.exited(scene, event.container, event);
    return [uid];
  }

  #vanish(scene: Scene, kept: Kept): void {
    const { uid, out, pod, now } = scene;
    const outcome = kept.keeper.vanish(scene);
    if (outcome === "as-wanted") return;
    out.push({ kind: "observe", event: `pod.${outcome}`, facts: { uid } });
    if (outcome === "anew") {
      this.#hold(uid, kept, now, out);
      return;
    }
    const reason = "Lost";
    const { name, namespace = "default" } = pod.metadata;
    announce(scene, { type: "Warning", reason, message: "The pod has vanished from its machine" });
    out.push({ kind: "runtime", command: { kind: "removePod", uid, graceMs: 0 } });
    this.#tell(scene, kept);
    out.push({ kind: "lost", uid, namespace, name, reason });
  }

  #changed(event: Extract<PodsEvent, { kind: "dependency" }>, { at }: Now): Iterable<string> {
    const { resource, namespace, name } = event;
    return [...this.#kept].flatMap(([uid, { keeper }]) => {
      const hasWaited = keeper.changed(
        at,
        (each) => each.resource === resource && each.namespace === namespace && each.name === name,
      );
      return hasWaited ? [uid] : [];
    });
  }

  #due({ at }: Now): Iterable<string> {
    return [...this.#kept].flatMap(([uid, { keeper }]) => {
      const { nextAt } = keeper;
      return nextAt !== undefined && nextAt <= at ? [uid] : [];
    });
  }

  /** Lets a pod do what is due, then tells what came of it. */
  #settle(uid: string, now: Now, out: PodsEffect[]): void {
    const kept = this.#kept.get(uid);
    if (kept === undefined || kept.keeper.isAwaited) return;
    const scene = this.#scene(uid, kept.keeper.pod, now, out);
    kept.keeper.advance(scene);
    if (!kept.keeper.isGone) {
      this.#tell(scene, kept);
      return;
    }
    this.#kept.delete(uid);
    const { name, namespace = "default" } = kept.keeper.pod.metadata;
    if (kept.keeper.cause === "deleted") out.push({ kind: "removed", uid, namespace, name });
    else out.push({ kind: "released", uid });
    if (kept.next === undefined) return;
    for (const again of this.#assign({ ...kept.next, heldSinceMs: now.wallMs }, now, out)) {
      this.#hold(again, kept, now, out);
      this.#settle(again, now, out);
    }
  }

  #tell(scene: Scene, kept: Kept): void {
    if (kept.keeper.cause === "unassigned") return;
    const { uid, pod, out } = scene;
    const { name, namespace = "default" } = pod.metadata;
    const status = kept.keeper.status(scene);
    const computed = JSON.stringify(status);
    if (computed === kept.computed) return;
    kept.computed = computed;
    const told = canonicalJson(status);
    if (told === kept.told) return;
    kept.told = told;
    out.push({ kind: "status", uid, namespace, name, status });
  }

  #nextAt(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const kept of this.#kept.values()) {
      for (const nextAt of [kept.keeper.nextAt, retellAt(kept)]) {
        if (nextAt !== undefined && (earliest === undefined || nextAt < earliest))
          earliest = nextAt;
      }
    }
    return earliest;
  }

  #scene(uid: string, pod: Pod, now: Now, out: PodsEffect[]): Scene {
    const { nodeName, hostIp, cpuMillicores, memoryBytes } = this.#options;
    const { lookup, runtimeName, access } = this.#options;
    const podIp = this.#kept.get(uid)?.keeper.ip ?? "";
    const facts = { nodeName, hostIp, podIp, cpuMillicores, memoryBytes };
    const services = (): KnownServices => servicesFor(pod, this.#options.services);
    const known = { lookup: withRootCa(lookup, access), facts, access, services };
    return {
      pod,
      uid,
      ...known,
      runtimeName: runtimeName ?? "podman",
      pending: this.#kept.get(uid)?.pending,
      now,
      out,
    };
  }
}

function retellAt({ contested, contestedAt }: Kept): Instant | undefined {
  if (contested === undefined || contestedAt === undefined) return undefined;
  return after(contestedAt, contestMsMin);
}

/** A pod that nobody knows ends as one that its user deletes. */
const unknownGraceMs = 30_000;

/** Whether a start has failed for want of the pod that it was meant for. */
function isVanished(report: RuntimeReport, keeper: PodKeeper): boolean {
  if (report.kind !== "containerFailed" || report.code !== "pod-unknown") return false;
  return keeper.awaits(report.container, report.attempt);
}

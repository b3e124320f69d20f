import { setInterval } from "node:timers";
import type { ObjectStore } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import type { MachineMessage } from "@beemesh/workload";
import type { Directory, Subscriptions } from "@beemesh/workload-plane";
import { Attendant, type AttendantOptions } from "./attendant.ts";
import type { Following } from "./following.ts";
import type { PodMetrics } from "./gathering.ts";

/** A sidecar that the runtime has opened a channel to. */
export type OpenedSidecar = Pick<AttendantOptions, "uid" | "channel" | "descriptors">;

export interface AttendantsOptions
  extends Pick<AttendantOptions, "outbox" | "counsel" | "clockOffsetMs" | "tracesUrl" | "nowMs"> {
  readonly directory: Pick<Directory, "factsOf" | "affectedBy" | "replicasOf">;
  readonly subscriptions: Pick<Subscriptions, "step" | "forget">;
  readonly following: Pick<Following, "bring" | "refresh" | "forget">;
  readonly objects: Pick<ObjectStore, "onChange">;
  readonly onEnd: (uid: string, fault: string) => void;
}

/** Changes come in bursts: what was told is taken back once for all that come in this time. */
const settleMs = 20;

/** Replicas come and go in bursts, and a watch that hears of it a moment later misses nothing. */
const replicasMs = 250;

/** What is followed is asked for again; it would be left after ten minutes. */
const refreshMs = 3 * 60_000;

/** How long one sidecar may take to tell its metrics: a scraper waits for all of them. */
const collectMsMax = 1000;

/** Metrics that came just now are shown again to who asks so soon after. */
const collectedMs = 1000;

/** The attendants of all sidecars of this machine; tells them what has changed. */
export class Attendants {
  readonly #options: AttendantsOptions;
  readonly #attendants = new Map<string, Attendant>();
  /** What each was told of its replicas last. */
  readonly #replicas = new Map<string, string>();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  #stale = { verdicts: false, names: false, pods: false };
  #settling: NodeJS.Timeout | undefined;
  #regarding: NodeJS.Timeout | undefined;
  #collected: { readonly atMs: number; readonly metrics: Promise<readonly PodMetrics[]> };

  /** To be made after the directory, which must hear of changes first. */
  constructor(options: AttendantsOptions) {
    this.#options = options;
    this.#collected = { atMs: -Infinity, metrics: Promise.resolve([]) };
    this.#timer = setInterval(() => options.following.refresh(), refreshMs);
    this.#stop = options.objects.onChange((change) => {
      if (this.#attendants.size === 0) return;
      for (const { uid, route } of options.subscriptions.step(change)) {
        this.#attendants.get(uid)?.tell({ kind: "rerouted", route });
      }
      const { verdicts, names } = options.directory.affectedBy(change);
      this.#stale.verdicts ||= verdicts;
      this.#stale.names ||= names;
      const { name } = change.resource;
      this.#stale.pods ||= name === "pods" || name === "externalworkloads";
      if (verdicts || names || this.#stale.pods) this.#settleSoon();
    });
  }

  /** Attends to a sidecar; a channel that was open to the same one is closed. */
  attend(sidecar: OpenedSidecar): void {
    const { uid } = sidecar;
    this.#attendants.get(uid)?.close();
    this.#replicas.delete(uid);
    const attendant = new Attendant({
      ...this.#options,
      ...sidecar,
      onEnd: (fault) => {
        if (this.#attendants.get(uid) !== attendant) return;
        this.#forget(uid);
        this.#options.onEnd(uid, fault);
      },
    });
    this.#attendants.set(uid, attendant);
    const { directory, following } = this.#options;
    const pod = directory.factsOf(uid);
    if (pod !== undefined) void following.bring(pod, { kind: "self" });
    this.#tellReplicas(uid, attendant);
  }

  /** Who attends to a pod's sidecar; undefined if its channel is not open. */
  get(uid: string): Attendant | undefined {
    return this.#attendants.get(uid);
  }

  /** The pods whose sidecars' channels are open. */
  uids(): readonly string[] {
    return [...this.#attendants.keys()];
  }

  /** Sidecars whose channels are open. */
  get size(): number {
    return this.#attendants.size;
  }

  /** The metrics of all sidecars that tell them in time. */
  collect(): Promise<readonly PodMetrics[]> {
    const { nowMs } = this.#options;
    if (nowMs() - this.#collected.atMs > collectedMs) {
      this.#collected = { atMs: nowMs(), metrics: this.#collect() };
    }
    return this.#collected.metrics;
  }

  /** Lets go of all sidecars; they go on with what they know. */
  close(): void {
    this.#stop();
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    clearTimeout(this.#regarding);
    for (const attendant of this.#attendants.values()) attendant.close();
    this.#attendants.clear();
  }

  async #collect(): Promise<readonly PodMetrics[]> {
    const { directory } = this.#options;
    const collected = await Promise.all(
      [...this.#attendants].map(async ([uid, attendant]): Promise<PodMetrics[]> => {
        const pod = directory.factsOf(uid);
        if (pod === undefined) return [];
        const text = await attendant.collect(collectMsMax);
        return text === undefined ? [] : [{ namespace: pod.namespace, pod: pod.name, text }];
      }),
    );
    return collected.flat();
  }

  #forget(uid: string): void {
    this.#attendants.delete(uid);
    this.#replicas.delete(uid);
    this.#options.subscriptions.forget(uid);
    this.#options.following.forget(uid);
  }

  #settleSoon(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#settle();
    }, settleMs);
  }

  #settle(): void {
    const { verdicts, names, pods } = this.#stale;
    this.#stale = { verdicts: false, names: false, pods: false };
    if (pods) {
      for (const attendant of this.#attendants.values()) attendant.greet();
      this.#regarding ??= setTimeout(() => {
        this.#regarding = undefined;
        for (const [uid, attendant] of this.#attendants) this.#tellReplicas(uid, attendant);
      }, replicasMs);
    }
    if (verdicts) this.#tellAll({ kind: "forget", what: "verdicts" });
    if (names) this.#tellAll({ kind: "forget", what: "names" });
  }

  #tellAll(message: MachineMessage): void {
    for (const attendant of this.#attendants.values()) attendant.tell(message);
  }

  #tellReplicas(uid: string, attendant: Attendant): void {
    const found = this.#options.directory.replicasOf(uid);
    if (found === undefined) return;
    const message = { kind: "replicas", ...found } as const;
    const text = canonicalJson(message);
    if (this.#replicas.get(uid) === text) return;
    this.#replicas.set(uid, text);
    attendant.tell(message);
  }
}

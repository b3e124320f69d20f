import { AssertionError, after, hashOf, type Instant, type Now, shortName } from "@beemesh/base";
import { derivedUid, isPod, type KubeObject, type Pod, type Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import type { CollectionId, PeerId } from "@beemesh/wire";
import { lookAtAdmissionPolicy } from "./admission-policies.ts";
import { lookAtAutoscaler } from "./autoscalers.ts";
import { Autoscaling } from "./autoscaling.ts";
import { Census, keyOf } from "./census.ts";
import { serviceCidrDefault } from "./cluster-address.ts";
import { lookAtCronJob } from "./cron-jobs.ts";
import { lookAtDaemonSet } from "./daemon-sets.ts";
import { lookAtDefinition, lookAtInstance } from "./definitions.ts";
import { lookAtDeployment } from "./deployments.ts";
import { lookAtDisruptionBudget } from "./disruption-budgets.ts";
import type { ControllersEffect } from "./effect.ts";
import type { ControllersEvent } from "./event.ts";
import { externalWorkloads } from "./external-workload.ts";
import { lookForGarbage } from "./garbage.ts";
import { lookAtHappening } from "./happenings.ts";
import { lookAtIngress } from "./ingresses.ts";
import { interestedIn } from "./interest.ts";
import { lookAtJob } from "./jobs.ts";
import { daemonSetResource, externalWorkloadResource, podResource } from "./kinds.ts";
import type { Members } from "./members.ts";
import { lookAtNamespace } from "./namespaces.ts";
import { Patience } from "./patience.ts";
import { PodGate } from "./pod-gate.ts";
import { lookAtPod, refusalOf } from "./pods.ts";
import { lookAtReplicaSet, lookAtReplicationController, replace } from "./replica-sets.ts";
import { lookAtResourceQuota } from "./resource-quotas.ts";
import { Scheduling } from "./scheduling.ts";
import { lookAtService } from "./services.ts";
import { lookAtStatefulSet } from "./stateful-sets.ts";
import { UsageBook } from "./usage-book.ts";
import type { Findings, Look, View } from "./view.ts";
import { WorkQueue } from "./work-queue.ts";

/** What {@link Controllers} are made of. */
export interface ControllersOptions {
  /** This machine; makes the uids that it gives out its own. */
  readonly self: PeerId;
  readonly store: ObjectStore;
  readonly members: Members;
  /** Whether the registry knows that the record was deleted; absence is no such knowledge. */
  readonly wasDeleted?: (collection: CollectionId, name: string) => boolean;
  /** Where cluster addresses of Services come from; 10.96.0.0/12 if not given. */
  readonly serviceCidr?: string;
}

/** Keys looked at in one step, so that no step takes long. */
const keysPerStepMax = 200;

/** Records told as unreadable in one step; the others are told when they are looked at again. */
const unreadableMax = 100;

/** Every key is looked at again after 5 to 10 minutes, in case that something was missed. */
const resyncMs = 300_000;

const looks: Readonly<Record<string, Look>> = {
  deployments: lookAtDeployment,
  replicasets: lookAtReplicaSet,
  replicationcontrollers: lookAtReplicationController,
  statefulsets: lookAtStatefulSet,
  daemonsets: lookAtDaemonSet,
  jobs: lookAtJob,
  cronjobs: lookAtCronJob,
  pods: lookAtPod,
  services: lookAtService,
  namespaces: lookAtNamespace,
  events: lookAtHappening,
  ingresses: lookAtIngress,
  customresourcedefinitions: lookAtDefinition,
  poddisruptionbudgets: lookAtDisruptionBudget,
  horizontalpodautoscalers: lookAtAutoscaler,
  resourcequotas: lookAtResourceQuota,
  validatingadmissionpolicies: lookAtAdmissionPolicy,
};

/**
 * The controllers of the collections that this machine keeps: a queue of keys, and for each key a
 * look at what is wanted and what is there. They listen to the store from the day they are made;
 * `close` ends that. The caller performs all effects of a step before the next one.
 */
export class Controllers {
  readonly #options: ControllersOptions;
  readonly #census: Census;
  readonly #queue = new WorkQueue();
  readonly #patience = new Patience();
  readonly #scheduling = new Scheduling();
  readonly #autoscaling = new Autoscaling();
  readonly #usage = new UsageBook();
  readonly #gate: PodGate;
  readonly #ranks = new Map<CollectionId, number | undefined>();
  readonly #dead = new Set<string>();
  readonly #stop: () => void;
  readonly #unreadable = new Set<string>();
  #uids = 0;
  #wakeAt: Instant | undefined;

  constructor(options: ControllersOptions) {
    this.#options = options;
    const { store } = options;
    this.#census = new Census(store);
    this.#gate = new PodGate(store);
    for (const [, keys] of this.#census.collections()) {
      for (const key of keys) this.#queue.changed(key);
    }
    this.#stop = store.onChange((change) => {
      const { kind, resource, object } = change;
      this.#attempt(keyOf({ resource, object }), () => {
        if (kind === "deleted") this.#forget(object.metadata.uid ?? "");
        this.#census.apply(change);
        for (const key of interestedIn(change, store, this.#census)) this.#queue.changed(key);
      });
    });
  }

  /** Whether something has changed that a tick would look at. */
  get hasWork(): boolean {
    return this.#queue.hasChanged;
  }

  close(): void {
    this.#stop();
    this.#gate.close();
  }

  step(event: ControllersEvent, now: Now): ControllersEffect[] {
    const out: ControllersEffect[] = [];
    this.#gate.settle(now.at);
    if (this.#wakeAt !== undefined && now.at >= this.#wakeAt) this.#wakeAt = undefined;
    if (event.kind === "members") this.#regard();
    else if (event.kind === "scheduled") this.#scheduling.forget(event.uid);
    else if (event.kind === "unschedulable") this.#refused(event, now, out);
    else if (event.kind === "refused") this.#failed(event, out);
    else if (event.kind === "usage") this.#measured(event, now);
    else if (event.kind === "admitted") this.#judged(event);
    const view = this.#viewAt(now);
    if (event.kind === "lost") this.#replace(event.pod, view, out);
    const keys = this.#queue.take(now.at, keysPerStepMax);
    for (const key of keys) this.#attempt(key, () => this.#look(key, view, out));
    this.#tellUnreadable(out);
    return [...gathered(out, this.#options.self, now), ...this.#wake(now)];
  }

  /**
   * A record that another member signed may have any shape. One that cannot be read is told, and
   * must not stop the controllers of all others. A broken invariant of ours still stops us.
   */
  #attempt(key: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      if (this.#unreadable.size < unreadableMax) this.#unreadable.add(key);
    }
  }

  #tellUnreadable(out: ControllersEffect[]): void {
    for (const key of this.#unreadable) {
      out.push({ kind: "observe", event: "controllers.unreadable", facts: { key } });
    }
    this.#unreadable.clear();
  }

  #look(key: string, view: View, out: ControllersEffect[]): void {
    const { at } = view.now;
    const entry = this.#find(key);
    const rank = this.#options.members.rankOf(collectionOfKey(key));
    if (entry === undefined || rank === undefined) {
      this.#patience.forget(key);
      this.#gate.forget(entry?.object.metadata.uid ?? "");
      return;
    }
    // A pod has few changes, each of which matters; its owners have one for each pod.
    if (entry.resource !== podResource) this.#queue.rest(key, at);
    this.#gate.open(entry.object);
    const { actions, againInMs } = this.#findings(entry, view);
    this.#gate.shut(entry.object);
    const { due, nextAt } = this.#patience.weigh(key, actions, { at, rank });
    this.#want(
      due.flatMap((action) => action.effects),
      key,
      { at, out },
    );
    if (nextAt !== undefined) this.#queue.later(key, nextAt);
    const againMs = Math.min(againInMs ?? Infinity, resyncMs + (hashOf(key) % resyncMs));
    this.#queue.later(key, after(at, againMs));
  }

  #want(
    effects: readonly ControllersEffect[],
    key: string,
    { at, out }: { readonly at: Instant; readonly out: ControllersEffect[] },
  ): void {
    for (const effect of effects) {
      out.push(effect);
      if (effect.kind === "admit") this.#gate.asked(effect.pod, key);
      else if (effect.kind === "put" && isPod(effect.object)) this.#gate.used(effect.object);
      else if (effect.kind === "schedule") {
        for (const pod of effect.pods) this.#scheduling.opened(pod.metadata.uid ?? "", key, at);
      }
    }
  }

  #replace(lost: Pod, view: View, out: ControllersEffect[]): void {
    const key = keyOf({ resource: podResource, object: lost });
    this.#attempt(key, () => {
      this.#want(replace(lost, view), key, { at: view.now.at, out });
    });
  }

  #findings({ resource, object }: Entry, view: View): Findings {
    const look = looks[resource.name] ?? ((): Findings => ({ actions: [] }));
    const own =
      resource.custom === undefined ? look(object, view) : lookAtInstance(resource, object, view);
    const garbage = lookForGarbage(resource, object, view);
    return { ...own, actions: [...own.actions, ...garbage.actions] };
  }

  #find(key: string): Entry | undefined {
    const [qualified = "", namespace = "", name = ""] = splitKey(key);
    const [plural = "", ...group] = qualified.split(".");
    const resource = this.#options.store.resources.find(group.join("."), plural);
    if (resource === undefined) return undefined;
    const object = this.#options.store.get(resource, namespace === "-" ? "" : namespace, name);
    return object === undefined ? undefined : { resource, object };
  }

  /** Takes in who is alive and who keeps what, and looks at all that this may concern. */
  #regard(): void {
    const { members } = this.#options;
    for (const [collection, keys] of this.#census.collections()) {
      const rank = members.rankOf(collection);
      if (rank === this.#ranks.get(collection)) continue;
      this.#ranks.set(collection, rank);
      for (const key of keys) this.#queue.changed(key);
    }
    // A machine that came or went is one more, or one less, for each DaemonSet.
    for (const set of this.#options.store.list(daemonSetResource).items) {
      this.#queue.changed(keyOf({ resource: daemonSetResource, object: set }));
    }
    const programs = Map.groupBy(
      externalWorkloads(this.#options.store),
      ({ spec }) => spec.machine,
    );
    const occupied = [...this.#census.machines(), ...programs.keys()];
    // The dead are looked at also when nothing is on them: they may come back, and die again.
    for (const machine of new Set([...occupied, ...this.#dead])) {
      const isDead = !members.isAlive(machine);
      if (isDead === this.#dead.has(machine)) continue;
      if (isDead) this.#dead.add(machine);
      else this.#dead.delete(machine);
      for (const pod of this.#census.podsOn(machine)) this.#concern(podResource, pod);
      for (const program of programs.get(machine) ?? []) {
        this.#concern(externalWorkloadResource, program);
      }
    }
  }

  #concern(resource: Resource | undefined, object: KubeObject): void {
    const { store } = this.#options;
    if (resource === undefined) return;
    const change = { kind: "modified", resource, object, revision: "" } as const;
    for (const key of interestedIn(change, store, this.#census)) this.#queue.changed(key);
  }

  #refused(
    { uid, message }: { readonly uid: string; readonly message: string },
    now: Now,
    out: ControllersEffect[],
  ): void {
    const key = this.#scheduling.failed(uid, now.at);
    const entry = key === undefined ? undefined : this.#find(key);
    if (key === undefined || entry === undefined || !isPod(entry.object)) return;
    if (entry.object.metadata.uid !== uid) return;
    out.push(...refusalOf(entry.object, message, now.wallMs));
    this.#queue.later(key, after(now.at, this.#scheduling.waitMs(uid, now.at)));
  }

  #measured({ uid, usages }: Extract<ControllersEvent, { kind: "usage" }>, { at }: Now): void {
    this.#usage.take(usages, at);
    const key = this.#autoscaling.answered(uid);
    if (key !== undefined) this.#queue.changed(key);
  }

  #judged({ uid, verdict }: Extract<ControllersEvent, { kind: "admitted" }>): void {
    const key = this.#gate.answered(uid, verdict);
    if (key !== undefined) this.#queue.changed(key);
  }

  #forget(uid: string): void {
    this.#scheduling.forget(uid);
    this.#autoscaling.forget(uid);
    this.#gate.forget(uid);
  }

  #failed(
    { ref, message }: Extract<ControllersEvent, { kind: "refused" }>,
    out: ControllersEffect[],
  ): void {
    const { kind, namespace = "", name } = ref;
    out.push({
      kind: "observe",
      event: "controllers.refused",
      facts: { kind, namespace, name, message },
    });
  }

  #viewAt(now: Now): View {
    const { self, store, members, serviceCidr, wasDeleted } = this.#options;
    return {
      store,
      members,
      now,
      census: this.#census,
      scheduling: this.#scheduling,
      autoscaling: this.#autoscaling,
      usage: this.#usage,
      gate: this.#gate,
      serviceCidr: serviceCidr ?? serviceCidrDefault,
      wasDeleted: wasDeleted ?? (() => false),
      newUid: (purpose) => {
        this.#uids += 1;
        return derivedUid(`${purpose}/${self}/${now.wallMs}/${this.#uids}`);
      },
    };
  }

  #wake(now: Now): ControllersEffect[] {
    const nextAt = this.#queue.hasChanged ? now.at : this.#queue.nextAt;
    if (nextAt === undefined || nextAt === this.#wakeAt) return [];
    this.#wakeAt = nextAt;
    return [{ kind: "wake", at: nextAt }];
  }
}

interface Entry {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** One offer for all pods of a workload that are offered for the same reason, told at the end. */
function gathered(
  effects: readonly ControllersEffect[],
  self: PeerId,
  now: Now,
): ControllersEffect[] {
  const offers = effects.filter((effect) => effect.kind === "schedule");
  const groups = Map.groupBy(
    offers,
    ({ workload, reason, cause }) => `${reason} ${cause} ${workload}`,
  );
  return [
    ...effects.filter((effect) => effect.kind !== "schedule"),
    ...[...groups.values()].flatMap(([first, ...rest]): ControllersEffect[] => {
      if (first === undefined) return [];
      const pods = [first, ...rest].flatMap((offer) => offer.pods);
      const uids = pods.map(({ metadata }) => metadata.uid).join(" ");
      const task = shortName(`${self}/${now.wallMs}/${uids}`, 10);
      const { workload, cause } = first;
      const offer = { ...first, task, pods };
      if (cause === undefined) return [offer];
      const facts = { task, workload, reason: cause };
      return [offer, { kind: "observe", event: "clone.published", facts }];
    }),
  ];
}

/** Resource, namespace and name of a key; no name has a slash. */
function splitKey(key: string): string[] {
  return key.split("/");
}

function collectionOfKey(key: string): CollectionId {
  return key.slice(0, key.lastIndexOf("/"));
}

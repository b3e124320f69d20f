/**
 * How many replicas the use of a resource asks for: the ratio of what is used to what is wanted,
 * and a careful guess about pods of which nothing is known yet.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 * and k8s.io/kubernetes, pkg/controller/podautoscaler/replica_calculator.go.
 */
import { type Container, type Pod, parseQuantity } from "@beemesh/model";
import { wallMsOf } from "./timestamp.ts";
import type { PodReading } from "./usage-book.ts";

/** What is measured of the pods of a workload. All amounts are thousandths of the unit. */
export interface ScalingScene {
  /** `cpu` or `memory`. */
  readonly resource: string;
  /** One container of each pod; empty for the whole pods. */
  readonly container: string;
  readonly pods: readonly Pod[];
  readonly readingOf: (pod: Pod) => PodReading | undefined;
  /** Replicas that are asked for now. */
  readonly replicas: number;
  readonly wallMs: number;
  /** How far the use may be off its target, as a share of it. */
  readonly tolerance: { readonly up: number; readonly down: number };
}

/** What the use should be: a share of what is requested in percent, or an amount of each pod. */
export type ScalingTarget =
  | { readonly kind: "utilization"; readonly percent: number }
  | { readonly kind: "average"; readonly millis: number };

/** How many replicas are asked for, or why that cannot be said. */
export type Proposal =
  | {
      readonly ok: true;
      readonly replicas: number;
      /** What is used on average, of the pods that tell. */
      readonly averageMillis: number;
      /** In percent of what is requested; absent for a target that is an amount. */
      readonly utilization?: number;
    }
  | { readonly ok: false; readonly message: string };

/** A pod that starts may use more than it will later: its use of CPU does not count so long. */
const initializationMs = 300_000;

/** A pod that was never ready since it was so old has not begun its work. */
const initialReadinessMs = 30_000;

/** Reckons the replicas that a target asks for. */
export function proposalOf(scene: ScalingScene, target: ScalingTarget): Proposal {
  const { resource, pods, readingOf } = scene;
  if (pods.length === 0) {
    return wrong("no pods returned by selector while calculating replica count");
  }
  const samples = new Map<Pod, Sample>();
  for (const pod of pods) {
    const reading = readingOf(pod);
    const sample = reading && sampleOf(scene, pod, reading);
    if (sample !== undefined) samples.set(pod, sample);
  }
  if (samples.size === 0) {
    const why = "no metrics returned from resource metrics API";
    return wrong(`unable to get metrics for resource ${resource}: ${why}`);
  }
  const groups = groupsOf(scene, samples);
  if (groups.counted.size === 0) {
    return wrong("did not receive metrics for targeted pods (pods might be unready)");
  }
  const requests = target.kind === "average" ? new Map<Pod, number>() : requestsOf(scene);
  return typeof requests === "string" ? wrong(requests) : weighed(scene, target, groups, requests);
}

function wrong(message: string): Proposal {
  return { ok: false, message };
}

/** What one pod used, in thousandths. */
interface Sample {
  readonly millis: number;
  readonly wallMs: number;
  readonly windowMs: number;
}

/** Nothing of a pod one of whose containers has not told: its sum would be too small. */
function sampleOf(
  { container, resource }: ScalingScene,
  { spec }: Pod,
  { containers, wallMs, windowMs }: PodReading,
): Sample | undefined {
  const wanted = container === "" ? spec.containers.map(({ name }) => name) : [container];
  const told = new Set(containers.map(({ name }) => name));
  if (!wanted.every((name) => told.has(name))) return undefined;
  const counted = containers.filter(({ name }) => container === "" || name === container);
  const millis = counted.reduce((sum, { cpuNanocores, memoryBytes }) => {
    if (resource === "cpu") return sum + cpuNanocores / 1_000_000;
    return resource === "memory" ? sum + memoryBytes * 1000 : Number.NaN;
  }, 0);
  return Number.isNaN(millis) ? undefined : { millis: Math.ceil(millis), wallMs, windowMs };
}

/** The pods by what is known of them. */
interface Groups {
  /** The use of those that count, in thousandths. */
  readonly counted: ReadonlyMap<Pod, number>;
  readonly unready: readonly Pod[];
  readonly missing: readonly Pod[];
}

function groupsOf(scene: ScalingScene, samples: ReadonlyMap<Pod, Sample>): Groups {
  const counted = new Map<Pod, number>();
  const unready: Pod[] = [];
  const missing: Pod[] = [];
  for (const pod of scene.pods) {
    const phase = pod.status?.phase ?? "Pending";
    const sample = samples.get(pod);
    if (pod.metadata.deletionTimestamp !== undefined || phase === "Failed") continue;
    if (phase === "Pending") unready.push(pod);
    else if (sample === undefined) missing.push(pod);
    else if (scene.resource === "cpu" && isStarting(pod, sample, scene.wallMs)) unready.push(pod);
    else counted.set(pod, sample.millis);
  }
  return { counted, unready, missing };
}

/** Whether what a pod uses says nothing yet of what it will use. */
function isStarting({ status }: Pod, sample: Sample, wallMs: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  const startedMs = wallMsOf(status?.startTime);
  const changedMs = wallMsOf(ready?.lastTransitionTime ?? undefined) ?? 0;
  if (ready === undefined || startedMs === undefined) return true;
  if (startedMs + initializationMs > wallMs) {
    return ready.status === "False" || sample.wallMs < changedMs + sample.windowMs;
  }
  return ready.status === "False" && startedMs + initialReadinessMs > changedMs;
}

/** What each pod requests, in thousandths; or which container does not say. */
function requestsOf({ container, pods, resource }: ScalingScene): Map<Pod, number> | string {
  const requests = new Map<Pod, number>();
  for (const pod of pods) {
    let sum = 0;
    for (const each of longRunning(pod)) {
      if (container !== "" && each.name !== container) continue;
      const { limits, requests: asked } = each.resources ?? {};
      const quantity = parseQuantity(asked?.[resource] ?? limits?.[resource]);
      if (quantity === undefined) {
        const place = `container ${each.name} of Pod ${pod.metadata.name}`;
        return `missing request for ${resource} in ${place}`;
      }
      sum += Number(quantity.nano / 1_000_000n);
    }
    requests.set(pod, sum);
  }
  return requests;
}

function longRunning({ spec }: Pod): readonly Container[] {
  const beside = (spec.initContainers ?? []).filter((each) => each.restartPolicy === "Always");
  return [...spec.containers, ...beside];
}

/** How what is used compares with what should be. */
interface Ratio {
  readonly ratio: number;
  readonly averageMillis: number;
  readonly utilization?: number;
}

function ratioOf(
  used: ReadonlyMap<Pod, number>,
  target: ScalingTarget,
  requests: ReadonlyMap<Pod, number>,
): Ratio | undefined {
  const total = sumOf(used.values());
  const averageMillis = Math.trunc(total / used.size);
  if (target.kind === "average") return { ratio: averageMillis / target.millis, averageMillis };
  const requested = sumOf([...used.keys()].map((pod) => requests.get(pod) ?? 0));
  if (requested === 0) return undefined;
  const utilization = Math.trunc((total * 100) / requested);
  return { ratio: utilization / target.percent, averageMillis, utilization };
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0;
  for (const each of numbers) sum += each;
  return sum;
}

function weighed(
  scene: ScalingScene,
  target: ScalingTarget,
  groups: Groups,
  requests: ReadonlyMap<Pod, number>,
): Proposal {
  const { counted, unready, missing } = groups;
  const found = ratioOf(counted, target, requests);
  if (found === undefined) return wrong("no metrics returned matched known pods");
  const { ratio, ...shown } = found;
  const isAllKnown = missing.length === 0 && !(unready.length > 0 && ratio > 1);
  const replicas = isAllKnown
    ? isWithin(scene, ratio)
      ? scene.replicas
      : Math.ceil(ratio * counted.size)
    : careful(scene, ratio, guessedUse(groups, ratio, { target, requests }), { target, requests });
  return { ok: true, replicas, ...shown };
}

/** What the use is compared with. */
interface Measure {
  readonly target: ScalingTarget;
  readonly requests: ReadonlyMap<Pod, number>;
}

/** The use of all pods, where those that do not tell are taken to use what keeps the size. */
function guessedUse(
  { counted, unready, missing }: Groups,
  ratio: number,
  { target, requests }: Measure,
): ReadonlyMap<Pod, number> {
  const guessed = new Map(counted);
  for (const pod of missing) {
    guessed.set(pod, ratio < 1 ? fullUseOf(target, requests.get(pod) ?? 0) : 0);
  }
  if (ratio > 1) for (const pod of unready) guessed.set(pod, 0);
  return guessed;
}

/** The size by a guess; the present one if the guess points another way than what is known. */
function careful(
  scene: ScalingScene,
  ratio: number,
  guessed: ReadonlyMap<Pod, number>,
  { target, requests }: Measure,
): number {
  const guess = ratioOf(guessed, target, requests)?.ratio ?? ratio;
  const turnsRound = (ratio < 1 && guess > 1) || (ratio > 1 && guess < 1);
  if (isWithin(scene, guess) || turnsRound) return scene.replicas;
  const replicas = Math.ceil(guess * guessed.size);
  return guess < 1 ? Math.min(replicas, scene.replicas) : Math.max(replicas, scene.replicas);
}

/** What a pod of which nothing is known is taken to use before others are taken away. */
function fullUseOf(target: ScalingTarget, requested: number): number {
  if (target.kind === "average") return target.millis;
  return Math.trunc((requested * Math.max(100, target.percent)) / 100);
}

function isWithin({ tolerance }: ScalingScene, ratio: number): boolean {
  return 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;
}

import { after, type Instant } from "@beemesh/base";
import type { Condition, Container, ContainerStatus, Pod, PodStatus } from "@beemesh/model";
import type { FoundContainer, FoundPod } from "@beemesh/ports";
import { BackOff } from "./back-off.ts";
import type { RuntimeReport } from "./command.ts";
import { ContainerKeeper } from "./container-keeper.ts";
import { type ContainerRole, isInitRole } from "./container-role.ts";
import type { Dependency } from "./dependency.ts";
import { graceMsOf, podPlan } from "./plan.ts";
import { podStatus } from "./pod-status.ts";
import { announce, type Scene } from "./scene.ts";
import { timestampOf, wallMsOf } from "./timestamp.ts";
import { isOtherwiseLabelled, VolumeKeeper } from "./volume-keeper.ts";

/** Why a pod is brought to its end. */
export type EndCause = "deleted" | "unassigned" | "deadline";

type Stage = "held" | "pending" | "creating" | "up" | "stopping" | "finished" | "removing" | "gone";

/** A sandbox that cannot be made is tried again after 1 s, doubled to 1 min. */
const sandboxLimits = { firstMs: 1000, maxMs: 60_000 };

/** The registry tells when what is missing comes; this is for news that was lost. */
const missingRetryMs = 20_000;

/**
 * A pod waits so long at most for its machine to know which Services there are: a machine that is
 * cut off starts its pods all the same.
 */
const servicesMsMax = 500;

/** How often it is asked meanwhile. */
const servicesAskMs = 50;

/** What one step may make of a pod: it ends after far fewer changes of stage. */
const roundsMax = 8;

/**
 * One pod: its sandbox, the order of its containers, its end.
 *
 *     held ──▶ pending ⇄ creating ──▶ up ──▶ finished
 *                 │                   │         │
 *                 └───────────────────┴──▶ stopping ──▶ removing ──▶ gone
 */
export class PodKeeper {
  #pod: Pod;
  #stage: Stage = "held";
  #retryAt: Instant | undefined;
  #ip: string | undefined;
  #cause: EndCause | undefined;
  #endAt: Instant | undefined;
  #deadlineAt: Instant | undefined;
  #isInitialized: boolean;
  #verdict: { readonly reason: string; readonly message: string } | undefined;
  #waitsFor: Dependency | undefined;
  #missingMessage = "";
  /** While the pod waits to know of Services: until when at most, and when it asks again. */
  #informed: { readonly until: Instant; readonly askAt: Instant } | undefined;
  #startTime: string | undefined;
  #conditions: readonly Condition[];
  /** Of a pod that is at its end: whether the runtime knows that nothing will run any more. */
  #retirement: "due" | "asked" | "done" = "done";
  #containers: readonly ContainerKeeper[];
  readonly #sandboxes = new BackOff(sandboxLimits);
  readonly #volumes = new VolumeKeeper();

  constructor(pod: Pod) {
    this.#pod = pod;
    this.#conditions = pod.status?.conditions ?? [];
    this.#startTime = pod.status?.startTime;
    const inits = pod.spec.initContainers ?? [];
    this.#isInitialized = inits.length === 0;
    const reason = inits.length === 0 ? "ContainerCreating" : "PodInitializing";
    const keeper = (container: Container, role: ContainerRole): ContainerKeeper =>
      new ContainerKeeper(container, role, reason);
    this.#containers = [
      ...inits.map((each) => keeper(each, each.restartPolicy === "Always" ? "sidecar" : "init")),
      ...pod.spec.containers.map((each) => keeper(each, "main")),
      ...(pod.spec.ephemeralContainers ?? []).map((each) => keeper(each, "ephemeral")),
    ];
  }

  get pod(): Pod {
    return this.#pod;
  }

  get ip(): string | undefined {
    return this.#ip;
  }

  get cause(): EndCause | undefined {
    return this.#cause;
  }

  get isGone(): boolean {
    return this.#stage === "gone";
  }

  /** Has a sandbox, and is neither ending nor at its end. */
  get isUp(): boolean {
    return this.#stage === "up";
  }

  /** Wanted here, and nothing says that it is over. */
  get isHeld(): boolean {
    return ["held", "pending", "creating", "up"].includes(this.#stage);
  }

  /** Something of it runs or may yet run, so that it takes of what its machine has. */
  get takesRoom(): boolean {
    return this.isHeld || this.#stage === "stopping";
  }

  get isAwaited(): boolean {
    return this.#stage === "held";
  }

  get #isOver(): boolean {
    const over = this.#stage === "finished" || this.#stage === "removing";
    return over || (this.#cause !== undefined && !this.#containers.some((each) => each.isRunning));
  }

  /** When to look again; undefined if only an event can change anything. */
  get nextAt(): Instant | undefined {
    const isUp = this.#stage === "up";
    const retries = ["pending", "removing"].includes(this.#stage) || this.#retirement === "due";
    const own = retries ? this.#retryAt : undefined;
    const instants = isUp || this.#stage === "stopping" ? this.#containerInstants(isUp) : [];
    const timers = isUp ? [this.#deadlineAt, this.#volumes.nextAt, this.#informed?.askAt] : [];
    return [own, ...timers, ...instants]
      .filter((at) => at !== undefined)
      .toSorted((a, b) => a - b)[0];
  }

  /** The record has changed. */
  update(scene: Scene): void {
    this.#volumes.updated(this.#pod, scene);
    if (isOtherwiseLabelled(this.#pod, scene.pod)) {
      for (const container of this.#containers) container.reconsider(scene.now.at);
    }
    this.#pod = scene.pod;
    const { spec, metadata } = scene.pod;
    for (const added of spec.ephemeralContainers ?? []) this.#lookWith(added);
    const manifests = [...(spec.initContainers ?? []), ...spec.containers];
    for (const container of manifests) this.#container(container.name)?.update(container, scene);
    if (this.#startTime !== undefined) this.#reckon(scene);
    if (metadata.deletionTimestamp !== undefined) this.end(scene, "deleted");
  }

  /** A container has been added to look into the pod; one of a name is never another. */
  #lookWith(added: Container): void {
    if (!this.isHeld || this.#container(added.name) !== undefined) return;
    const keeper = new ContainerKeeper(added, "ephemeral", "ContainerCreating");
    this.#containers = [...this.#containers, keeper];
  }

  /** Brings the pod to its end; called again, may hurry that. */
  end(scene: Scene, cause: EndCause): void {
    const { at } = scene.now;
    const endAt = after(at, graceMsOf(scene.pod));
    if (this.#cause === "unassigned" || this.#stage === "gone") return;
    this.#cause = cause;
    if (this.#endAt === undefined || endAt < this.#endAt) this.#endAt = endAt;
    for (const container of this.#containers) container.finish();
    // What is found must be known first, and what is being made must be there to be removed.
    if (!["held", "creating", "removing"].includes(this.#stage)) this.#become("stopping");
  }

  /** Nothing of the pod was found on this machine: it is made, unless it had come to its end. */
  begin(scene: Scene): void {
    this.#become(this.#cause === undefined ? "pending" : "stopping");
    this.#reckon(scene);
    const { status } = scene.pod;
    if (status === undefined || this.#cause !== undefined) return;
    if (isEnd(status)) {
      this.#recall(scene, status);
      return;
    }
    this.#forgetLooks(scene, []);
    for (const each of this.#containers) {
      each.vanish(scene, this.#prior(each.name));
      each.renew(scene);
    }
  }

  /** What looked into the pod before the machine began anew, and is not there any more, is over. */
  #forgetLooks(scene: Scene, found: readonly FoundContainer[]): void {
    for (const each of this.#containers) {
      const prior = this.#prior(each.name);
      const isThere = found.some(({ name }) => name === each.name);
      if (each.role !== "ephemeral" || prior === undefined || isThere) continue;
      if (prior.state.waiting !== undefined) continue;
      each.finish();
      each.vanish(scene, prior);
    }
  }

  /** Takes over what was found. Tells whether some of it has run on without a gap. */
  adopt(scene: Scene, found: FoundPod): { readonly isUnbroken: boolean } {
    this.#become("up");
    this.#ip = found.ip;
    this.#volumes.found(scene);
    this.#reckon(scene);
    const { status } = scene.pod;
    const isInitialized = status?.conditions?.some(
      (condition) => condition.type === "Initialized" && condition.status === "True",
    );
    if (isInitialized === true) this.#isInitialized = true;
    if (isEnd(status)) this.#recall(scene, status);
    const isRunning = ({ state }: { state: string }): boolean => state === "running";
    // Of an end that was told, remains tell nothing new.
    const told = isEnd(status) ? found.containers.filter(isRunning) : found.containers;
    for (const container of told) {
      this.#container(container.name)?.adopt(scene, container, this.#prior(container.name));
    }
    this.#forgetLooks(scene, told);
    const isUnbroken = found.containers.some(isRunning);
    if (isEnd(status) && isUnbroken) this.end(scene, "deadline");
    if (this.#cause !== undefined) this.#become("stopping");
    return { isUnbroken };
  }

  /** What the runtime answered about the pod as a whole, or about one of its containers. */
  report(scene: Scene, report: RuntimeReport): void {
    if ("container" in report) this.#containerReport(scene, report);
    else if (report.kind === "podCreated") this.#created(scene, report.ip);
    else if (report.kind === "filesFailed") this.#volumes.failed(scene);
    else if (report.kind === "podFailed") this.#failed(scene, report.message);
    else if (report.kind === "podRetired") this.#retired("done");
    else if (report.kind === "podRetireFailed") this.#retired("due", scene.now.at);
    else if (report.kind === "podRemoved" && this.#stage === "removing") this.#become("gone");
    else if (report.kind === "podRemoveFailed" && this.#stage === "removing") {
      this.#retryAt = after(scene.now.at, this.#sandboxes.grow());
    }
  }

  /** Whether the answer to the start of this attempt is still open. */
  awaits(name: string, attempt: number): boolean {
    const container = this.#container(name);
    return this.#stage === "up" && container?.isStarting === true && container.attempt === attempt;
  }

  exited(scene: Scene, name: string, event: { attempt: number; exit: Exit }): void {
    const container = this.#container(name);
    if (container?.attempt === event.attempt) container.exited(scene, event.exit);
  }

  /** Its sandbox is gone. A controller's pod is lost by that; any other is made anew. */
  vanish(scene: Scene): "lost" | "anew" | "as-wanted" {
    this.#ip = undefined;
    if (this.#stage === "stopping")
      for (const each of this.#containers) each.vanish(scene, undefined);
    if (this.#stage !== "up") return "as-wanted";
    if (scene.pod.metadata.ownerReferences?.some(({ controller }) => controller === true)) {
      for (const each of this.#containers) each.finish();
      for (const each of this.#containers) each.vanish(scene, undefined);
      this.#verdict = { reason: "Lost", message: "The pod has vanished from its machine" };
      this.#become("finished");
      this.#retirement = "done";
      return "lost";
    }
    const message = "Pod sandbox changed, it will be killed and re-created.";
    announce(scene, { type: "Normal", reason: "SandboxChanged", message });
    this.#isInitialized = !this.#containers.some(({ role }) => isInitRole(role));
    for (const each of this.#containers) {
      each.vanish(scene, undefined);
      each.renew(scene);
    }
    this.#become("pending");
    return "anew";
  }

  /** An object has changed that something may wait for. */
  changed(at: Instant, isIt: (dependency: Dependency) => boolean): boolean {
    const isInVolume = this.#volumes.changed(this.#pod, at, isIt);
    const own = this.#waitsFor !== undefined && isIt(this.#waitsFor);
    if (own) this.#retryAt = at;
    const waiting = this.#containers.filter(({ waitsFor }) => waitsFor && isIt(waitsFor));
    for (const container of waiting) container.retry(at);
    return own || waiting.length > 0 || isInVolume;
  }

  /** Refuses to run the pod at all. */
  refuse(reason: string, message: string): void {
    this.#verdict = { reason, message };
    this.#become("finished");
  }

  /** Does what is due, until nothing more is. */
  advance(scene: Scene): void {
    for (let round = 0; round < roundsMax; round += 1) {
      const stage = this.#stage;
      if (stage === "pending") this.#create(scene);
      else if (stage === "up") this.#goOn(scene);
      else if (stage === "stopping") this.#stop(scene);
      else if (stage === "finished") this.#retire(scene);
      else if (stage === "removing") this.#remove(scene);
      if (this.#stage === stage && (this.nextAt ?? Infinity) > scene.now.at) return;
    }
  }

  status(scene: Scene): PodStatus {
    const status = podStatus({
      pod: this.#pod,
      containers: this.#containers.map((each) => ({
        role: each.role,
        isPassed: !isInitRole(each.role) || this.#isPassed(each),
        status: each.status(scene),
      })),
      isInitialized: this.#isInitialized,
      isOver: this.#isOver,
      // Until its containers have ended, nobody should take its place.
      verdict: this.#isOver ? this.#verdict : undefined,
      startTime: this.#startTime ?? timestampOf(scene.now.wallMs),
      hostIp: scene.facts.hostIp,
      podIp: this.#ip,
      before: this.#conditions,
      resizes: this.#containers.flatMap(({ change }) => change ?? []),
      pending: scene.pending,
      wallMs: scene.now.wallMs,
    });
    this.#conditions = status.conditions ?? [];
    return status;
  }

  #create(scene: Scene): void {
    if (this.#retryAt !== undefined && scene.now.at < this.#retryAt) return;
    if (this.#containers.some(({ isOwed }) => isOwed)) return;
    const { facts, lookup, access, pod, uid, now, out } = scene;
    const plan = podPlan({ pod, lookup, facts, access });
    if (plan.ok) {
      this.#waitsFor = undefined;
      this.#volumes.planned(plan.value.volumes);
      out.push({ kind: "runtime", command: { kind: "createPod", uid, plan: plan.value } });
      this.#become("creating");
      return;
    }
    const { volume, message, dependency } = plan.missing;
    this.#waitsFor = dependency;
    this.#retryAt = after(now.at, missingRetryMs);
    const isOfVolume = volume !== undefined;
    const text = isOfVolume
      ? `MountVolume.SetUp failed for volume "${volume}" : ${message}`
      : `Failed to create pod sandbox: ${message}`;
    if (text === this.#missingMessage) return;
    this.#missingMessage = text;
    const reason = isOfVolume ? "FailedMount" : "FailedCreatePodSandBox";
    announce(scene, { type: "Warning", reason, message: text });
  }

  #created(scene: Scene, ip: string): void {
    if (this.#stage !== "creating") return;
    this.#ip = ip;
    const { at } = scene.now;
    this.#informed = { until: after(at, servicesMsMax), askAt: at };
    this.#volumes.created(scene);
    this.#sandboxes.reset();
    this.#become(this.#cause === undefined ? "up" : "stopping");
  }

  #failed(scene: Scene, message: string): void {
    if (this.#stage !== "creating") return;
    this.#become(this.#cause === undefined ? "pending" : "stopping");
    this.#retryAt = after(scene.now.at, this.#sandboxes.grow());
    const text = `Failed to create pod sandbox: ${message}`;
    announce(scene, { type: "Warning", reason: "FailedCreatePodSandBox", message: text });
  }

  #containerReport(scene: Scene, report: Extract<RuntimeReport, { container: string }>): void {
    const container = this.#container(report.container);
    if (container === undefined) return;
    if (report.kind === "containerStopped") {
      container.stopped(scene.now.at);
      return;
    }
    if (report.attempt !== container.attempt) return;
    if (report.kind === "containerStarted") container.started(scene, report.started);
    else if (report.kind === "containerFailed") {
      container.failed(scene, report.code, report.message);
    } else if (report.kind === "containerResized") container.resized(scene, report);
    else if (report.kind === "probed") container.probed(scene, report.probe, report);
    else container.hooked(scene, report.hook, report);
  }

  #goOn(scene: Scene): void {
    if (this.#deadlineAt !== undefined && scene.now.at >= this.#deadlineAt) {
      const message = "Pod was active on the node longer than the specified deadline";
      this.#verdict = { reason: "DeadlineExceeded", message };
      announce(scene, { type: "Normal", reason: "DeadlineExceeded", message });
      this.end(scene, "deadline");
      return;
    }
    this.#volumes.advance(scene);
    const isInformed = this.#isInformed(scene);
    for (const container of this.#containers) {
      container.advance(scene, isInformed && this.#mayStart(container));
    }
    const mains = this.#containers.filter(({ role }) => role === "main");
    const hasFailed = this.#containers.some(
      ({ role, isDone, exitCode }) => role === "init" && isDone && exitCode !== 0,
    );
    if (!hasFailed && !mains.every(({ isDone }) => isDone)) return;
    this.#endAt ??= after(scene.now.at, graceMsOf(scene.pod));
    for (const each of this.#containers) each.finish();
    this.#stopInOrder(scene);
    if (!this.#containers.some((each) => each.isRunning)) this.#become("finished");
  }

  /** Whether containers may be told which Services there are. */
  #isInformed({ now: { at }, services }: Scene): boolean {
    if (this.#informed === undefined) return true;
    const { until, askAt } = this.#informed;
    if (at < askAt) return false;
    const { isWhole } = services();
    this.#informed =
      isWhole || at >= until ? undefined : { until, askAt: after(at, servicesAskMs) };
    return this.#informed === undefined;
  }

  #stop(scene: Scene): void {
    this.#stopInOrder(scene);
    if (this.#containers.some((each) => each.isRunning)) return;
    if (this.#cause === "deadline") this.#become("finished");
    else {
      this.#become("removing");
      this.#retryAt = scene.now.at;
    }
  }

  /**
   * The main containers first; then those beside them, the last one that was started before the
   * others.
   *
   * Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
   */
  #stopInOrder(scene: Scene): void {
    const running = this.#containers.filter(({ isRunning }) => isRunning);
    const mains = running.filter(({ role }) => role === "main");
    const { at } = scene.now;
    for (const container of mains.length > 0 ? mains : running.slice(-1)) {
      const message = `Stopping container ${container.name}`;
      container.stop(scene, { message, graceMs: Math.max(0, (this.#endAt ?? at) - at) });
    }
    for (const container of this.#containers) container.advance(scene, false);
    // One whose end had to be assumed makes way for the next, and no event will say so.
    const left = running.filter(({ isRunning }) => isRunning).length;
    if (left > 0 && left < running.length) this.#stopInOrder(scene);
  }

  /** What the pod has besides its containers, such as its sidecar, is needed no longer. */
  #retire({ uid, now, out }: Scene): void {
    if (this.#retirement !== "due" || now.at < (this.#retryAt ?? now.at)) return;
    this.#retryAt = undefined;
    this.#retirement = "asked";
    out.push({ kind: "runtime", command: { kind: "retirePod", uid } });
  }

  #retired(retirement: "due" | "done", at?: Instant): void {
    if (this.#stage !== "finished") return;
    this.#retirement = retirement;
    this.#retryAt = at && after(at, this.#sandboxes.grow());
  }

  #remove({ uid, now, out }: Scene): void {
    if (this.#retryAt === undefined || now.at < this.#retryAt) return;
    this.#retryAt = undefined;
    out.push({ kind: "runtime", command: { kind: "removePod", uid, graceMs: 0 } });
  }

  /** When the pod began, and when it has to end. */
  #reckon({ now, pod }: Scene): void {
    this.#startTime ??= timestampOf(now.wallMs);
    const { activeDeadlineSeconds } = pod.spec;
    if (activeDeadlineSeconds === undefined) return;
    const ranMs = Math.max(0, now.wallMs - (wallMsOf(this.#startTime) ?? now.wallMs));
    this.#deadlineAt = after(now.at, activeDeadlineSeconds * 1000 - ranMs);
  }

  /** An end that was told already stays as it was told. */
  #recall(scene: Scene, { phase, reason, message = "" }: PodStatus): void {
    for (const each of this.#containers) {
      each.finish();
      each.vanish(scene, this.#prior(each.name));
    }
    this.#isInitialized = true;
    if (phase === "Failed" && reason !== undefined) this.#verdict = { reason, message };
    this.#become("finished");
  }

  /**
   * Init containers go one by one, in order; the main ones when all of these have passed, each
   * after the hooks of those before it. What looks into the pod does not wait, for it may be there
   * to see why they do not pass.
   */
  #mayStart(container: ContainerKeeper): boolean {
    if (container.role === "ephemeral") return true;
    const sooner = this.#containers.slice(0, this.#containers.indexOf(container));
    if (sooner.some(({ isBeginning }) => isBeginning)) return false;
    if (this.#isInitialized) return true;
    const inits = this.#containers.filter(({ role }) => isInitRole(role));
    const isMain = container.role === "main";
    const before = isMain ? inits : inits.slice(0, inits.indexOf(container));
    if (!before.every((each) => this.#isPassed(each))) return false;
    if (isMain) this.#isInitialized = true;
    return true;
  }

  #isPassed(container: ContainerKeeper): boolean {
    if (container.role === "sidecar") return container.isStarted;
    return container.isDone && container.exitCode === 0;
  }

  #containerInstants(mayStart: boolean): (Instant | undefined)[] {
    const isInformed = this.#informed === undefined;
    return this.#containers.map((each) =>
      each.nextAt(mayStart && isInformed && this.#mayStart(each)),
    );
  }

  #container(name: string): ContainerKeeper | undefined {
    return this.#containers.find((each) => each.name === name);
  }

  #prior(name: string): ContainerStatus | undefined {
    const { initContainerStatuses, containerStatuses, ephemeralContainerStatuses } =
      this.#pod.status ?? {};
    return [initContainerStatuses, containerStatuses, ephemeralContainerStatuses]
      .flatMap((statuses) => statuses ?? [])
      .find((each) => each.name === name);
  }

  #become(stage: Stage): void {
    this.#stage = stage;
    this.#retryAt = undefined;
    this.#retirement = stage === "finished" ? "due" : "done";
  }
}

function isEnd(status: PodStatus | undefined): status is PodStatus {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

type Exit = Parameters<ContainerKeeper["exited"]>[1];

import { after, type Instant } from "@beemesh/base";
import type { Container, ContainerStatus } from "@beemesh/model";
import type { ContainerExit, FoundContainer, StartedContainer } from "@beemesh/ports";
import { BackOff } from "./back-off.ts";
import type { HookKind, ProbeKind } from "./command.ts";
import { cutText, messageBytesMax } from "./container-message.ts";
import { type ContainerRole, isInitRole, restartPolicyOf } from "./container-role.ts";
import { ContainerSize } from "./container-size.ts";
import { containerStatus, type Life, type Terminated } from "./container-status.ts";
import { ContainerStop } from "./container-stop.ts";
import type { Dependency } from "./dependency.ts";
import { containerPlan, graceMsOf, probePlan } from "./plan.ts";
import { ProbeSet } from "./probe-set.ts";
import { missingPullSecrets } from "./pull-secrets.ts";
import { announce, fullNameOf, type Scene } from "./scene.ts";
import { placeOf } from "./security.ts";
import { timestampOf, wallMsOf } from "./timestamp.ts";

/**
 * Crashes and failed pulls: 10 s, doubled to 5 min.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
 */
const crashLimits = { firstMs: 10_000, maxMs: 300_000 };

/** A container that ran this long starts over with its back-off. */
const healthyMs = 600_000;

/** The engine's own troubles, which are no fault of the container. */
const troubleLimits = { firstMs: 1000, maxMs: 60_000 };

/** The registry tells when what is missing comes; this is for news that was lost. */
const missingRetryMs = 20_000;

/** Why a container waits whose manifest names what is not there. */
const configError = "CreateContainerConfigError";

/** The exit of a container that has vanished with its pod, as the kubelet tells it. */
const vanishedExitCode = 137;

/**
 * One container: started, probed, restarted, stopped.
 *
 *     waiting ──▶ starting ──▶ running ──▶ exited ──▶ starting …
 *        ▲           │                        └──▶ (the end)
 *        └── failed ─┘
 */
export class ContainerKeeper {
  readonly role: ContainerRole;
  #container: Container;
  #life: Life;
  #attempt = 0;
  /** The attempt that the next start will be. */
  #nextAttempt = 0;
  #id = "";
  #imageId = "";
  #last: Terminated | undefined;
  #previous: Terminated | undefined;
  #probes: ProbeSet | undefined;
  #stop: ContainerStop | undefined;
  #waitsFor: Dependency | undefined;
  readonly #size = new ContainerSize();
  /** Begins anew after its end, whatever its policy says: for other resources. */
  #mustRestart = false;
  /** Why it was not started last, which was told. */
  #refusal = "";
  /** No restart any more, whatever the policy says. */
  #final = false;
  /** The answer to a start in a sandbox that is gone is still to come. */
  #isOwed = false;
  readonly #crashes = new BackOff(crashLimits);
  readonly #pulls = new BackOff(crashLimits);
  readonly #troubles = new BackOff(troubleLimits);

  constructor(container: Container, role: ContainerRole, reason: string) {
    this.#container = container;
    this.role = role;
    this.#life = { kind: "waiting", reason, retryAt: undefined };
  }

  get name(): string {
    return this.#container.name;
  }

  get attempt(): number {
    return this.#attempt;
  }

  get isRunning(): boolean {
    return this.#life.kind === "running";
  }

  get isStarting(): boolean {
    return this.#life.kind === "starting";
  }

  /** It is being started, or its hook after the start runs: others wait for that. */
  get isBeginning(): boolean {
    if (this.#container.lifecycle?.postStart === undefined) return false;
    return this.isStarting || this.#heldUntil !== undefined;
  }

  /** A start is under way in a sandbox that is gone; a new one would receive its container. */
  get isOwed(): boolean {
    return this.#isOwed;
  }

  /** Exited for good. */
  get isDone(): boolean {
    return this.#life.kind === "exited" && this.#life.restartAt === undefined;
  }

  /** How it ended, while it does not run. */
  get exitCode(): number | undefined {
    return this.#life.kind === "exited" ? this.#last?.exitCode : undefined;
  }

  /** Runs, its hook after the start is over, and its startup probe has passed. */
  get isStarted(): boolean {
    const isHeld = this.#heldUntil !== undefined;
    return this.isRunning && !isHeld && this.#probes?.passes("startup") !== false;
  }

  get isReady(): boolean {
    if (this.role === "ephemeral") return false;
    if (this.role === "init") return this.isDone && this.exitCode === 0;
    return this.isStarted && this.#probes?.passes("readiness") !== false;
  }

  /** What it waits for, if that is an object of the registry. */
  get waitsFor(): Dependency | undefined {
    return this.#life.kind === "waiting" || this.#life.kind === "exited"
      ? this.#waitsFor
      : undefined;
  }

  /** When to look again; undefined if only an event can change anything. */
  nextAt(mayStart: boolean): Instant | undefined {
    const life = this.#life;
    if (life.kind === "waiting") return mayStart ? life.retryAt : undefined;
    if (life.kind === "exited") return mayStart ? life.restartAt : undefined;
    if (life.kind === "starting") return undefined;
    if (this.#stop !== undefined) return this.#stop.nextAt;
    return life.heldUntil ?? earlier(this.#probes?.nextAt, this.#size.nextAt);
  }

  /** Does what is due: starts, probes, goes on stopping. */
  advance(scene: Scene, mayStart: boolean): void {
    if (this.isRunning) this.#watch(scene);
    else if (mayStart && this.#isDue(scene.now.at)) this.#start(scene);
  }

  /** The object that it waited for has changed. */
  retry(at: Instant): void {
    if (this.#life.kind === "waiting") this.#life = { ...this.#life, retryAt: at };
    else if (this.#life.kind === "exited" && this.#waitsFor !== undefined) {
      this.#life = { ...this.#life, restartAt: at };
    }
  }

  /** The pod's record has changed, by which variables may say what they could not before. */
  reconsider(at: Instant): void {
    const life = this.#life;
    if (life.kind === "waiting" && life.reason === configError) this.retry(at);
  }

  /** The manifest has changed: a new image is the one change that a running container sees. */
  update(container: Container, scene: Scene): void {
    const isNew = container.image !== this.#container.image;
    this.#container = container;
    if (!isNew) return;
    this.retry(scene.now.at);
    const message = `Container ${this.name} definition changed, will be restarted`;
    this.stop(scene, { message, graceMs: graceMsOf(scene.pod) });
  }

  /** It is not started again. */
  finish(): void {
    this.#final = true;
    if (this.#life.kind === "exited") this.#life = { kind: "exited", restartAt: undefined };
  }

  /** Brings it to its end if it runs; a second time, hurries that. */
  stop(scene: Scene, { message, graceMs }: { message: string; graceMs: number }): void {
    if (!this.isRunning) return;
    const { at } = scene.now;
    if (this.#stop !== undefined) {
      this.#stop.hurry(at, graceMs);
      return;
    }
    announce(scene, { type: "Normal", reason: "Killing", message, container: this.name });
    const preStop = this.#container.lifecycle?.preStop;
    const sleepMs = preStop?.sleep === undefined ? undefined : preStop.sleep.seconds * 1000;
    const hasHook = preStop !== undefined && graceMs > 0 && this.#hook(scene, "preStop", graceMs);
    this.#stop = new ContainerStop({ at, graceMs, hookMs: hasHook ? graceMs : sleepMs });
    this.#probes?.stop();
  }

  started(scene: Scene, started: StartedContainer): void {
    this.#isOwed = false;
    if (this.#life.kind !== "starting") return;
    const { exit } = this.#life;
    this.#id = started.id;
    this.#imageId = started.imageId;
    this.#troubles.reset();
    this.#pulls.reset();
    this.#refusal = "";
    this.#size.runs();
    this.#run(scene, started.startedAtMs, false);
    const { name } = this;
    const normal = (reason: string, message: string): void =>
      announce(scene, { type: "Normal", reason, message, container: name });
    normal("Pulled", `Container image "${this.#container.image}" present on machine`);
    normal("Created", `Created container: ${name}`);
    normal("Started", `Started container ${name}`);
    if (exit !== undefined) this.exited(scene, exit);
    else this.#begin(scene);
  }

  /** The runtime could not start it; `code` is that of its BeeError. */
  failed(scene: Scene, code: string, message: string): void {
    this.#isOwed = false;
    if (this.#life.kind !== "starting") return;
    if (code === "image-missing" || code === "image-pull-failed") this.#pullFailed(scene, message);
    else if (code === "start-failed") this.#startFailed(scene, message);
    else if (code === "user-refused") {
      this.#refuse(scene, `${message} ${placeOf(scene.pod, this.#container)}`);
    } else this.#wait(scene, { reason: "CreateContainerError", message }, this.#troubles.grow());
  }

  exited(scene: Scene, exit: ContainerExit): void {
    if (this.#life.kind === "starting") {
      this.#life = { kind: "starting", exit };
      return;
    }
    if (this.#life.kind !== "running") return;
    const { exitCode, signal, outOfMemory, finishedAtMs } = exit;
    const message = cutText(exit.message ?? "", messageBytesMax(scene.pod));
    const reason = exitCode === 0 ? "Completed" : "Error";
    this.#end(scene, {
      exitCode,
      ...(signal === undefined ? {} : { signal }),
      reason: outOfMemory ? "OOMKilled" : reason,
      ...(message === "" ? {} : { message }),
      startedAt: timestampOf(this.#life.startedAtMs),
      finishedAt: timestampOf(finishedAtMs),
      containerID: this.#containerId(scene),
    });
  }

  /** Whether it runs with other resources than it should, and what is in the way. */
  get change(): { readonly trouble: string } | undefined {
    if (!this.isRunning || !this.#size.isChanging(this.#container)) return undefined;
    return { trouble: this.#size.trouble };
  }

  /** `resizeContainer` is done, or was refused. */
  resized(scene: Scene, answer: { readonly ok: boolean; readonly message: string }): void {
    if (!this.isRunning) return;
    this.#size.answered(scene.now.at, answer);
    if (!answer.ok) this.#warn(scene, "ResizeError", answer.message);
  }

  /** `stopContainer` is done; the exit is told by its own event. */
  stopped(at: Instant): void {
    this.#stop?.stopped(at);
  }

  probed(scene: Scene, kind: ProbeKind, { ok, message }: { ok: boolean; message: string }): void {
    const change = this.#probes?.answer(kind, ok);
    if (ok || !this.isRunning || this.#stop !== undefined) return;
    const noun = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    this.#warn(scene, "Unhealthy", `${noun} probe failed: ${message}`);
    if (change !== "failed" || kind === "readiness") return;
    const ownSeconds = this.#container[`${kind}Probe`]?.terminationGracePeriodSeconds;
    this.stop(scene, {
      message: `Container ${this.name} failed ${kind} probe, will be restarted`,
      graceMs: ownSeconds === undefined ? graceMsOf(scene.pod) : ownSeconds * 1000,
    });
  }

  /** What a hook said is told to nobody: it may hold secrets. */
  hooked(scene: Scene, hook: HookKind, { ok }: { ok: boolean }): void {
    if (hook === "preStop") {
      if (!ok) this.#warn(scene, "FailedPreStopHook", "PreStopHook failed");
      this.#stop?.hooked(scene.now.at);
    } else if (this.#heldUntil !== undefined) {
      if (ok) this.#release();
      else this.#fail(scene);
    }
  }

  /** Takes over a container that was found, as the last status tells of it. */
  adopt(scene: Scene, found: FoundContainer, prior: ContainerStatus | undefined): void {
    this.#recall(prior);
    this.#attempt = found.attempt;
    this.#id = found.id;
    if (found.state === "running") {
      this.#size.found(prior, this.#container);
      this.#run(scene, found.startedAtMs ?? scene.now.wallMs, prior?.ready === true);
    } else if (found.state === "exited") {
      const wasKnown = prior?.restartCount === found.attempt && prior.state.terminated;
      if (wasKnown) this.#last = this.#previous;
      const finishedAtMs = scene.now.wallMs;
      const exit = found.exit ?? { exitCode: vanishedExitCode, outOfMemory: false, finishedAtMs };
      this.#run(scene, found.startedAtMs ?? exit.finishedAtMs, false);
      this.exited(scene, exit);
    } else this.#nextAttempt = found.attempt + 1;
  }

  /** The container is gone with its pod: what ran has ended, and is started again if it may be. */
  vanish(scene: Scene, prior: ContainerStatus | undefined): void {
    if (prior !== undefined) this.#recall(prior);
    const { running } = prior?.state ?? {};
    if (this.isRunning || running !== undefined) {
      const startedAtMs = wallMsOf(running?.startedAt);
      if (!this.isRunning) this.#run(scene, startedAtMs ?? scene.now.wallMs, false);
      this.#end(scene, {
        exitCode: vanishedExitCode,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was looked for",
        finishedAt: timestampOf(scene.now.wallMs),
      });
      return;
    }
    if (this.#life.kind === "starting") this.#again(scene);
    else if (this.#last !== undefined && this.#life.kind === "waiting") {
      this.#life = { kind: "exited", restartAt: this.#restartAt(scene, this.#last, 0) };
    }
  }

  /** After its pod was made anew, an init container runs once more even if it had ended well. */
  renew(scene: Scene): void {
    if (this.#final || this.isRunning || !isInitRole(this.role)) return;
    if (this.#life.kind === "exited") this.#life = { kind: "exited", restartAt: scene.now.at };
    else if (this.#life.kind === "starting") this.#again(scene);
  }

  status(scene: Scene): ContainerStatus {
    const { image } = this.#container;
    const status = containerStatus({
      name: this.name,
      image,
      imageId: this.#imageId,
      containerId: this.#id === "" ? undefined : this.#containerId(scene),
      ready: this.isReady,
      started: this.role === "init" ? this.isRunning : this.isStarted,
      attempt: this.#attempt,
      life: this.#life,
      last: this.#last,
      previous: this.#previous,
      crashWaitMs: this.#life.kind === "exited" ? (this.#life.waitMs ?? 0) : 0,
      fullName: fullNameOf(scene),
    });
    if (this.role === "ephemeral") return status;
    return { ...status, ...this.#size.status(this.#container, this.isRunning) };
  }

  #again(scene: Scene): void {
    this.#isOwed = true;
    this.#nextAttempt = this.#attempt + 1;
    this.#life = { kind: "waiting", reason: "ContainerCreating", retryAt: scene.now.at };
  }

  #start(scene: Scene): void {
    const { pod, uid, lookup, facts, access, out } = scene;
    const services = scene.services().items;
    const source = { pod, container: this.#container, lookup, facts, access, services };
    const plan = containerPlan(source);
    if (!plan.ok) {
      const { message, dependency } = plan.missing;
      this.#waitsFor = dependency;
      this.#refuse(scene, message);
      return;
    }
    this.#waitsFor = undefined;
    this.#tellOfPullSecrets(scene);
    this.#attempt = this.#nextAttempt;
    this.#life = { kind: "starting", exit: undefined };
    this.#size.starting(this.#container.resources);
    const attempt = this.#attempt;
    out.push({
      kind: "runtime",
      command: { kind: "startContainer", uid, plan: plan.value, attempt },
    });
  }

  /** Its image is asked for all the same: it may be there, or anybody's. */
  #tellOfPullSecrets(scene: Scene): void {
    const names = missingPullSecrets(scene.pod, scene.lookup).join(", ");
    if (names === "") return;
    const what = `Unable to retrieve some image pull secrets (${names})`;
    const message = `${what}; attempting to pull the image may not succeed.`;
    announce(scene, { type: "Warning", reason: "FailedToRetrieveImagePullSecret", message });
  }

  #isDue(at: Instant): boolean {
    const life = this.#life;
    if (life.kind === "waiting") return at >= (life.retryAt ?? at);
    return life.kind === "exited" && life.restartAt !== undefined && at >= life.restartAt;
  }

  /** Does what is due while it runs. */
  #watch(scene: Scene): void {
    if (this.#stop !== undefined) {
      this.#goOn(scene, this.#stop);
      return;
    }
    const heldUntil = this.#heldUntil;
    if (heldUntil !== undefined) {
      if (scene.now.at < heldUntil) return;
      this.#release();
    }
    this.#resize(scene);
    this.#ask(scene);
  }

  /** Brings it to the resources that it should have. */
  #resize(scene: Scene): void {
    const step = this.#size.next(this.#container, scene.now.at);
    if (step.kind === "none") return;
    const { name } = this;
    if (step.kind === "ask") {
      const { limits } = step;
      const command = { kind: "resizeContainer", uid: scene.uid, container: name, limits } as const;
      scene.out.push({ kind: "runtime", command: { ...command, attempt: this.#attempt } });
      return;
    }
    this.#mustRestart = true;
    const message = `Container ${name} resize requires restart`;
    this.stop(scene, { message, graceMs: graceMsOf(scene.pod) });
  }

  /** It cannot be started as it is described; what it was described by may change. */
  #refuse(scene: Scene, message: string): void {
    if (this.#refusal !== message) this.#warn(scene, "Failed", `Error: ${message}`);
    this.#refusal = message;
    this.#wait(scene, { reason: configError, message }, missingRetryMs);
  }

  #run(scene: Scene, startedAtMs: number, wasReady: boolean): void {
    const { at, wallMs } = scene.now;
    // The wall clock may have jumped: a container has not run for less than no time.
    const since = after(at, -Math.max(0, wallMs - startedAtMs));
    this.#life = { kind: "running", startedAtMs, since };
    this.#stop = undefined;
    this.#probes = new ProbeSet(this.#container, since, wasReady);
  }

  #ask({ uid, now, out }: Scene): void {
    for (const probe of this.#probes?.ask(now.at) ?? []) {
      const { kind, plan, timeoutMs } = probe;
      const whose = { uid, container: this.name, attempt: this.#attempt };
      out.push({
        kind: "runtime",
        command: { kind: "probe", ...whose, probe: kind, plan, timeoutMs },
      });
    }
  }

  #goOn(scene: Scene, stop: ContainerStop): void {
    const next = stop.next(scene.now.at);
    if (next === "wait") return;
    if (next === "assume") {
      const finishedAtMs = scene.now.wallMs;
      this.exited(scene, { exitCode: vanishedExitCode, outOfMemory: false, finishedAtMs });
      return;
    }
    const { uid, out } = scene;
    const { graceMs } = next;
    out.push({
      kind: "runtime",
      command: { kind: "stopContainer", uid, container: this.name, graceMs },
    });
  }

  get #heldUntil(): Instant | undefined {
    return this.#life.kind === "running" ? this.#life.heldUntil : undefined;
  }

  /** Runs the hook after the start, and holds the container until that is over. */
  #begin(scene: Scene): void {
    const postStart = this.#container.lifecycle?.postStart;
    const life = this.#life;
    if (postStart === undefined || life.kind !== "running") return;
    const { at } = scene.now;
    const seconds = postStart.sleep?.seconds;
    if (seconds !== undefined) this.#life = { ...life, heldUntil: after(at, seconds * 1000) };
    else if (this.#hook(scene, "postStart", hookMsMax)) {
      this.#life = { ...life, heldUntil: after(at, hookMsMax + hookAnswerMsMax) };
    }
  }

  /** The hook after the start is over. */
  #release(): void {
    if (this.#life.kind !== "running") return;
    const { heldUntil: _, ...life } = this.#life;
    this.#life = life;
  }

  /** The hook after the start has failed: so has the start. */
  #fail(scene: Scene): void {
    if (this.#stop !== undefined) return;
    this.#warn(scene, "FailedPostStartHook", "PostStartHook failed");
    this.stop(scene, { message: "FailedPostStartHook", graceMs: graceMsOf(scene.pod) });
  }

  /** Runs a hook, if the container has one that is run. Of an answer over HTTP any will do. */
  #hook({ uid, out }: Scene, hook: HookKind, timeoutMs: number): boolean {
    const action = this.#container.lifecycle?.[hook];
    const asked = action === undefined ? undefined : probePlan(this.#container, action);
    if (asked === undefined) return false;
    const plan = asked.kind === "http" ? { ...asked, anyStatus: true } : asked;
    const whose = { uid, container: this.name, attempt: this.#attempt };
    out.push({ kind: "runtime", command: { kind: "hook", ...whose, hook, plan, timeoutMs } });
    return true;
  }

  #pullFailed(scene: Scene, message: string): void {
    const { image, imagePullPolicy } = this.#container;
    const waitMs = this.#pulls.grow();
    if (imagePullPolicy === "Never") {
      const text = `Container image "${image}" is not present with pull policy of Never`;
      this.#warn(scene, "ErrImageNeverPull", text);
      this.#wait(scene, { reason: "ErrImageNeverPull", message: text }, waitMs);
      return;
    }
    this.#warn(scene, "Failed", `Failed to pull image "${image}": ${message}`);
    this.#warn(scene, "Failed", "Error: ErrImagePull");
    const text = `Back-off pulling image "${image}"`;
    announce(scene, { type: "Normal", reason: "BackOff", message: text, container: this.name });
    // The first failure is told as it is, the next ones as what is being waited for.
    const isFirst = waitMs === crashLimits.firstMs;
    const reason = isFirst ? "ErrImagePull" : "ImagePullBackOff";
    this.#wait(scene, { reason, message: isFirst ? message : `${text}: ${message}` }, waitMs);
  }

  #startFailed(scene: Scene, message: string): void {
    this.#warn(scene, "Failed", `Error: ${message}`);
    const moment = timestampOf(scene.now.wallMs);
    this.#run(scene, scene.now.wallMs, false);
    this.#end(scene, {
      exitCode: 128,
      reason: "StartError",
      message,
      startedAt: moment,
      finishedAt: moment,
    });
  }

  #wait(scene: Scene, why: { reason: string; message: string }, waitMs: number): void {
    this.#life = { kind: "waiting", ...why, retryAt: after(scene.now.at, waitMs) };
  }

  #end(scene: Scene, terminated: Terminated): void {
    const ranMs = this.#life.kind === "running" ? scene.now.at - this.#life.since : 0;
    this.#previous = this.#last;
    this.#last = terminated;
    this.#nextAttempt = this.#attempt + 1;
    this.#probes = undefined;
    this.#stop = undefined;
    this.#life = { kind: "exited", restartAt: undefined };
    const restartAt = this.#restartAt(scene, terminated, ranMs);
    if (restartAt === undefined) return;
    this.#life = { kind: "exited", restartAt, waitMs: restartAt - scene.now.at };
    if (restartAt === scene.now.at) return;
    const whose = `container ${this.name} in pod ${fullNameOf(scene)}`;
    this.#warn(scene, "BackOff", `Back-off restarting failed ${whose}`);
  }

  /** When it is started again; undefined if never. */
  #restartAt(scene: Scene, { exitCode }: Terminated, ranMs: number): Instant | undefined {
    if (this.#final) return undefined;
    if (this.#mustRestart) {
      this.#mustRestart = false;
      return scene.now.at;
    }
    const policy = restartPolicyOf(this.role, scene.pod.spec.restartPolicy);
    if (policy === "Never" || (policy === "OnFailure" && exitCode === 0)) return undefined;
    if (ranMs >= healthyMs) this.#crashes.reset();
    const { delayMs } = this.#crashes;
    this.#crashes.grow();
    return after(scene.now.at, delayMs);
  }

  #recall(prior: ContainerStatus | undefined): void {
    if (prior === undefined) return;
    const { restartCount, imageID, state, lastState } = prior;
    this.#attempt = restartCount;
    this.#imageId = imageID;
    this.#previous = lastState?.terminated;
    this.#last = state.terminated ?? lastState?.terminated;
    const hasRun = state.running !== undefined || this.#last !== undefined;
    this.#nextAttempt = hasRun ? restartCount + 1 : restartCount;
  }

  #containerId({ runtimeName }: Scene): string {
    return `${runtimeName}://${this.#id}`;
  }

  #warn(scene: Scene, reason: string, message: string): void {
    announce(scene, { type: "Warning", reason, message, container: this.name });
  }
}

function earlier(one: Instant | undefined, other: Instant | undefined): Instant | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/** A hook after the start has no limit in Kubernetes; one that hangs is worth no more than this. */
const hookMsMax = 300_000;

/** So long after a hook's end its answer may come; one that was lost holds up nothing for ever. */
const hookAnswerMsMax = 15_000;

import type { Random } from "@beemesh/base";
import type { RuntimeCommand, RuntimeReport } from "@beemesh/pods";
import type {
  ContainerPlan,
  FoundContainer,
  FoundPod,
  PodPlan,
  RuntimeEvent,
} from "@beemesh/ports";

/** How long things take, in milliseconds, each from the half of it to the whole. */
export interface RuntimeOptions {
  readonly createMs: number;
  readonly startMs: number;
  readonly stopMs: number;
  readonly probeMs: number;
}

/** As long as they take Podman when the image is there. */
export const runtimeDefaults: RuntimeOptions = {
  createMs: 120,
  startMs: 180,
  stopMs: 60,
  probeMs: 5,
};

/** What the runtime will say, and how long that takes. */
export interface RuntimeAnswer {
  readonly afterMs: number;
  readonly event:
    | { readonly kind: "report"; readonly report: RuntimeReport }
    | { readonly kind: "runtime"; readonly event: RuntimeEvent };
}

interface SimulatedContainer {
  readonly plan: ContainerPlan;
  readonly attempt: number;
  readonly startedAtMs: number;
  exited: boolean;
}

interface SimulatedPod {
  readonly plan: PodPlan;
  readonly ip: string;
  readonly containers: Map<string, SimulatedContainer>;
}

/**
 * A container runtime that only keeps books: pods that are made, containers that run, and
 * answers that take their time. It outlives the daemon, as containers do, but not the power.
 */
export class SimulatedRuntime {
  readonly #pods = new Map<string, SimulatedPod>();
  readonly #random: Random;
  readonly #options: RuntimeOptions;
  #made = 0;

  constructor(random: Random, options: RuntimeOptions) {
    this.#random = random;
    this.#options = options;
  }

  /** The pods that are there, with the newest attempt of each container. */
  list(): FoundPod[] {
    return [...this.#pods].map(([uid, { plan, ip, containers }]) => ({
      uid,
      namespace: plan.namespace,
      name: plan.name,
      ip,
      containers: [...containers].map(([name, container]) => foundContainer(uid, name, container)),
    }));
  }

  /** Whether a container of the pod runs. */
  isRunning(uid: string): boolean {
    const pod = this.#pods.get(uid);
    return pod !== undefined && [...pod.containers.values()].some(({ exited }) => !exited);
  }

  /** Carries a command out, and says what will be reported and when. */
  perform(command: RuntimeCommand, wallMs: number): readonly RuntimeAnswer[] {
    switch (command.kind) {
      case "createPod":
        return [this.#create(command.uid, command.plan)];
      case "startContainer":
        return [this.#start(command, wallMs)];
      case "stopContainer":
        return this.#stop(command.uid, command.container, wallMs);
      case "resizeContainer": {
        const { uid, container, attempt } = command;
        const place = { uid, container, attempt, ok: true, message: "" };
        return [this.#answer(1, { kind: "containerResized", ...place })];
      }
      case "writeFiles":
        return [this.#answer(1, { kind: "filesWritten", uid: command.uid })];
      case "retirePod":
        return [this.#answer(1, { kind: "podRetired", uid: command.uid })];
      case "removePod":
        this.#pods.delete(command.uid);
        return [this.#answer(this.#options.stopMs, { kind: "podRemoved", uid: command.uid })];
      case "probe": {
        const { uid, container, attempt, probe } = command;
        const ok = this.isRunning(uid);
        const place = { uid, container, attempt, ok, message: "" };
        return [this.#answer(this.#options.probeMs, { kind: "probed", probe, ...place })];
      }
      case "hook": {
        const { uid, container, attempt, hook } = command;
        const place = { uid, container, attempt, ok: true, message: "" };
        return [this.#answer(this.#options.probeMs, { kind: "hooked", hook, ...place })];
      }
      default:
        return [];
    }
  }

  /** Somebody removes a pod behind the daemon's back. */
  kill(uid: string): RuntimeEvent | undefined {
    return this.#pods.delete(uid) ? { kind: "vanished", uid } : undefined;
  }

  /** A container ends by itself. */
  exit(
    uid: string,
    name: string,
    { exitCode, wallMs }: { readonly exitCode: number; readonly wallMs: number },
  ): RuntimeEvent | undefined {
    const container = this.#pods.get(uid)?.containers.get(name);
    if (container === undefined || container.exited) return undefined;
    container.exited = true;
    const exit = { exitCode, outOfMemory: false, finishedAtMs: wallMs };
    return { kind: "exited", uid, container: name, attempt: container.attempt, exit };
  }

  /** The power goes: pods remain in the runtime's books, but nothing runs. */
  powerOff(): void {
    for (const { containers } of this.#pods.values()) {
      for (const container of containers.values()) container.exited = true;
    }
  }

  #create(uid: string, plan: PodPlan): RuntimeAnswer {
    this.#made += 1;
    const ip = `10.88.${(this.#made >>> 8) % 256}.${this.#made % 256}`;
    const pod = this.#pods.get(uid) ?? { plan, ip, containers: new Map() };
    this.#pods.set(uid, pod);
    return this.#answer(this.#options.createMs, { kind: "podCreated", uid, ip: pod.ip });
  }

  #start(
    { uid, plan, attempt }: Extract<RuntimeCommand, { kind: "startContainer" }>,
    wallMs: number,
  ): RuntimeAnswer {
    const pod = this.#pods.get(uid);
    const place = { uid, container: plan.name, attempt };
    if (pod === undefined) {
      const failure = { code: "pod-unknown", message: "no such pod" };
      return this.#answer(1, { kind: "containerFailed", ...place, ...failure });
    }
    const startedAtMs = wallMs;
    pod.containers.set(plan.name, { plan, attempt, startedAtMs, exited: false });
    const started = { id: `${uid}/${plan.name}/${attempt}`, imageId: plan.image, startedAtMs };
    return this.#answer(this.#options.startMs, { kind: "containerStarted", ...place, started });
  }

  #stop(uid: string, container: string, wallMs: number): RuntimeAnswer[] {
    const stopped = this.#answer(this.#options.stopMs, {
      kind: "containerStopped",
      uid,
      container,
    });
    const event = this.exit(uid, container, { exitCode: 143, wallMs });
    if (event === undefined) return [stopped];
    return [{ afterMs: stopped.afterMs / 2, event: { kind: "runtime", event } }, stopped];
  }

  #answer(ms: number, report: RuntimeReport): RuntimeAnswer {
    const half = Math.ceil(ms / 2);
    return { afterMs: half + this.#random.below(half + 1), event: { kind: "report", report } };
  }
}

function foundContainer(
  uid: string,
  name: string,
  { attempt, startedAtMs, exited }: SimulatedContainer,
): FoundContainer {
  const found = { name, attempt, id: `${uid}/${name}/${attempt}`, startedAtMs };
  if (!exited) return { ...found, state: "running" };
  const exit = { exitCode: 137, outOfMemory: false, finishedAtMs: startedAtMs };
  return { ...found, state: "exited", exit };
}

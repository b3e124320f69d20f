import { instantAt, type Now } from "@beemesh/base";
import type { ContainerStatus, KubeObject, Pod, PodSpec, PodStatus } from "@beemesh/model";
import type { ApiAccess } from "./api-access.ts";
import type { RuntimeCommand, RuntimeReport } from "./command.ts";
import type { PodsEffect } from "./effect.ts";
import type { PodsEvent } from "./event.ts";
import { Pods } from "./pods.ts";
import type { KnownServices } from "./service-variables.ts";

/** The wall clock of the stage when its own clock is at 0: 2026-03-01T00:00:00Z. */
export const startWallMs = 1_772_323_200_000;

/** The moment `atMs` after the start. */
function momentOf(atMs: number): Now {
  return { at: instantAt(atMs), wallMs: startWallMs + atMs };
}

/** A pod of one container `web`, unless the spec says otherwise. */
export function podOf(spec: Partial<PodSpec> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "default", uid: "U", ...metadata },
    spec: { containers: [{ name: "web", image: "nginx:1" }], ...spec },
  };
}

/** A machine with a scripted runtime, which writes down what it is asked and told. */
export class Stage {
  readonly objects = new Map<string, KubeObject>();
  /** What is known of Services, in any namespace. */
  services: KnownServices = { items: [], isWhole: true };
  readonly pods: Pods;
  readonly lines: string[] = [];
  readonly statuses = new Map<string, PodStatus>();
  #now = momentOf(0);

  constructor(access?: ApiAccess) {
    this.pods = new Pods({
      ...(access && { access }),
      services: () => this.services,
      nodeName: "ann",
      hostIp: "10.0.0.1",
      lookup: (resource, namespace, name) => this.objects.get(`${resource}/${namespace}/${name}`),
      cpuMillicores: 4000,
      memoryBytes: 2 ** 33,
    });
  }

  /** Sets the clock, in milliseconds since the start. */
  at(atMs: number): this {
    this.#now = momentOf(atMs);
    return this;
  }

  step(event: PodsEvent): PodsEffect[] {
    const effects = this.pods.step(event, this.#now);
    this.lines.push(`> ${this.#now.at} ${eventLine(event)}`);
    for (const effect of effects) {
      if (effect.kind === "status") this.statuses.set(effect.uid, effect.status);
      this.lines.push(`    ${effectLine(effect)}`);
    }
    return effects;
  }

  /** The daemon has started and found these; nothing if not given. */
  found(...pods: Extract<PodsEvent, { kind: "found" }>["pods"]): PodsEffect[] {
    return this.step({ kind: "found", pods });
  }

  assign(pod: Pod): PodsEffect[] {
    return this.step({ kind: "assign", pod, heldSinceMs: this.#now.wallMs });
  }

  report(report: RuntimeReport): PodsEffect[] {
    return this.step({ kind: "report", report });
  }

  created(uid = "U"): PodsEffect[] {
    return this.report({ kind: "podCreated", uid, ip: "10.1.0.2" });
  }

  started(container = "web", attempt = 0): PodsEffect[] {
    const id = `id-${container}-${attempt}`;
    const started = { id, imageId: "sha256:1", startedAtMs: this.#now.wallMs };
    return this.report({ kind: "containerStarted", uid: "U", container, attempt, started });
  }

  failed(code: string, message: string): PodsEffect[] {
    const whose = { uid: "U", container: "web", attempt: 0 };
    return this.report({ kind: "containerFailed", ...whose, code, message });
  }

  probed(probe: "startup" | "liveness" | "readiness", ok: boolean): PodsEffect[] {
    const whose = { uid: "U", container: "web", attempt: 0 };
    const message = ok ? "" : "connection refused";
    return this.report({ kind: "probed", ...whose, probe, ok, message });
  }

  exited(exitCode: number, { container = "web", attempt = 0 } = {}): PodsEffect[] {
    const exit = { exitCode, outOfMemory: false, finishedAtMs: this.#now.wallMs };
    return this.step({
      kind: "runtime",
      event: { kind: "exited", uid: "U", container, attempt, exit },
    });
  }

  tick(): PodsEffect[] {
    return this.step({ kind: "tick" });
  }

  /** A pod that runs its one container. */
  static running(pod: Pod, access?: ApiAccess): Stage {
    const stage = new Stage(access);
    stage.found();
    stage.assign(pod);
    stage.created();
    stage.started();
    return stage;
  }
}

function eventLine(event: PodsEvent): string {
  if (event.kind === "assign") {
    const { name, deletionTimestamp } = event.pod.metadata;
    return `assign ${name}${deletionTimestamp === undefined ? "" : " (deleted)"}`;
  }
  if (event.kind === "found") {
    return `found ${event.pods.map((pod) => `${pod.name} ${foundLine(pod)}`).join(", ")}`.trim();
  }
  if (event.kind === "runtime") return `${event.event.kind} ${JSON.stringify(event.event)}`;
  if (event.kind === "report") return reportLine(event.report);
  return JSON.stringify(event);
}

function foundLine({ containers }: { containers: readonly { name: string; state: string }[] }) {
  return containers.map(({ name, state }) => `${name}=${state}`).join(" ");
}

function reportLine({ kind, ...facts }: RuntimeReport): string {
  return `${kind} ${JSON.stringify(facts)}`;
}

/** An effect in one line. */
function effectLine(effect: PodsEffect): string {
  if (effect.kind === "runtime") return commandLine(effect.command);
  if (effect.kind === "status") return `status ${statusLine(effect.status)}`;
  if (effect.kind === "event") return `event ${effect.type} ${effect.reason}: ${effect.message}`;
  if (effect.kind === "wake") return `wake ${effect.at}`;
  return JSON.stringify(effect);
}

function commandLine(command: RuntimeCommand): string {
  const { kind, ...facts } = command;
  if (kind === "createPod") return `createPod ${facts.uid}`;
  if (command.kind !== "startContainer") return `${kind} ${JSON.stringify(facts)}`;
  const { plan, attempt } = command;
  return `startContainer ${plan.name} ${plan.image} attempt ${attempt}`;
}

/** A status in one line: phase, readiness, containers. */
function statusLine(status: PodStatus): string {
  const { phase = "", reason, conditions = [] } = status;
  const { containerStatuses = [], initContainerStatuses = [] } = status;
  const ready = conditions.find(({ type }) => type === "Ready")?.status;
  const containers = [...initContainerStatuses, ...containerStatuses].map(containerLine);
  const why = reason === undefined ? "" : ` (${reason})`;
  return `${phase}${why} ready=${ready} ${containers.join(" ")}`;
}

function containerLine({ name, ready, restartCount, state }: ContainerStatus): string {
  const { waiting, terminated } = state;
  const ended = terminated && `${terminated.reason}(${terminated.exitCode})`;
  return `${name}#${restartCount}:${waiting?.reason ?? ended ?? "running"}${ready ? "+" : ""}`;
}

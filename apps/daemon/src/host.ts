import { BeeError, type Instant, instantAt, type Now, unreachable } from "@beemesh/base";
import type { Machine, MachineEffect, MachineEvent, NodeHealth } from "@beemesh/machine";
import type { RuntimeCommand, RuntimeReport } from "@beemesh/pods";
import type { Link, MachineUsage, Runtime } from "@beemesh/ports";
import { isJsonObject, type Json } from "@beemesh/wire";
import type { Holding } from "./acknowledgements.ts";
import { CommitGroup } from "./commit-group.ts";
import type { Log } from "./log.ts";
import type { PatientDisk } from "./patient-disk.ts";

/** What a machine's host is made of. */
export interface HostOptions {
  readonly machine: Pick<Machine, "step">;
  readonly disk: PatientDisk;
  readonly link: Link;
  readonly runtime: Runtime;
  readonly log: Log;
  /** The present: monotonic, and by the wall. */
  readonly now: () => Now;
  readonly onAcknowledged: (ticket: number, holding: Holding) => void;
  /** A machine came or went. */
  readonly onMachines: () => void;
  /** Asks machines what they use; never rejects. */
  readonly measure: (machines: readonly string[]) => Promise<readonly MachineUsage[]>;
  /** Has admission judge a pod that a controller would make; never rejects. */
  readonly admit: (making: Pick<Making, "pod" | "controller">) => Promise<Judged["verdict"]>;
  /** Something worth counting happened. */
  readonly onObserve: (
    event: string,
    facts: Readonly<Record<string, string | number | boolean>>,
  ) => void;
  /** The machine has a bug, and does nothing any more: end the process. */
  readonly onCrash: (error: unknown) => void;
}

type Making = Extract<MachineEffect, { kind: "admit" }>;
type Judged = Extract<MachineEvent, { kind: "admitted" }>;

/** Effects that the link performs. */
type LinkEffect = Extract<
  MachineEffect,
  { kind: "send" | "publish" | "subscribe" | "remember" | "forget" | "penalize" }
>;

/**
 * What the registry may say while the disk refuses: it hands entries over, and promises nothing.
 * So others still hear from this machine that it is in trouble.
 */
const harmlessKinds: ReadonlySet<unknown> = new Set(["r.put", "r.give"]);

/** Acknowledgements held back; whoever waits for an older one has long been told that it failed. */
const heldBackMax = 4096;

/** Longest time between two ticks: protocols wake themselves, this is a safety net. */
const idleMsMax = 1000;

/** The present of this process. */
export function presentNow(): Now {
  return { at: instantAt(performance.now()), wallMs: Date.now() };
}

type Acknowledged = Extract<MachineEffect, { kind: "acknowledged" }>;

/** Effects that others see, which rest on what was written before them. */
type OutwardEffect =
  | LinkEffect
  | Extract<MachineEffect, { kind: "runtime" | "admit" | "measure" | "acknowledged" }>;

/**
 * Runs a {@link Machine} in real time: performs its effects in order, and brings what comes of
 * them back as events. One event at a time; what comes meanwhile waits its turn. What others see
 * of it waits for the disk.
 */
export class Host {
  readonly #options: HostOptions;
  readonly #queue: MachineEvent[] = [];
  #isStepping = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the machine wants a tick; each wish is kept until it is due. */
  readonly #wakes = new Set<Instant>();
  /** What may be said only when the disk has taken everything. */
  readonly #heldBack: Acknowledged[] = [];
  readonly #group: CommitGroup<OutwardEffect>;
  #health: NodeHealth = { runtime: "", disk: "", clock: "" };

  constructor(options: HostOptions) {
    this.#options = options;
    this.#group = new CommitGroup({
      disk: options.disk,
      perform: (effect) => this.#performOutward(effect),
      onCrash: (error) => this.#crash(error),
    });
  }

  /** What is wrong with this machine now. */
  get health(): NodeHealth {
    return this.#health;
  }

  /** Whether the disk has not taken everything yet. */
  get isBehind(): boolean {
    return this.#options.disk.isBehind;
  }

  /** Gives the machine an event. */
  dispatch(event: MachineEvent): void {
    if (this.#isStopped) return;
    this.#queue.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#perform(this.#options.machine.step(next, this.#options.now()));
      }
    } catch (error) {
      // Whoever called may swallow what is thrown; half of a machine must not go on.
      this.#crash(error);
    }
    this.#isStepping = false;
    this.#arm();
  }

  /** Resolves when all that was decided until now was offered to the disk. */
  committed(): Promise<void> {
    return this.#group.committed();
  }

  /** The disk has taken everything: what rests on it may be said. */
  saved(): void {
    for (const effect of this.#heldBack.splice(0)) {
      this.#options.onAcknowledged(effect.ticket, effect);
    }
  }

  /** Says what is wrong with the machine; empty texts for what is well. */
  report(health: Partial<NodeHealth>): void {
    const next = { ...this.#health, ...health };
    const hasChanged = (["runtime", "disk", "clock"] as const).some(
      (part) => next[part] !== this.#health[part],
    );
    if (!hasChanged) return;
    this.#health = next;
    for (const [part, trouble] of Object.entries(health)) {
      if (trouble === "") this.#options.log.info("Trouble is over", { part });
      else this.#options.log.error("Machine is in trouble", { part, trouble });
    }
    this.dispatch({ kind: "health", health: next });
  }

  /** Says goodbye to the mesh; nothing is done any more afterwards. */
  stop(): void {
    this.dispatch({ kind: "stop" });
    this.#group.flush();
    this.#halt();
  }

  #crash(error: unknown): void {
    this.#halt();
    this.#group.abandon();
    this.#options.onCrash(error);
  }

  #halt(): void {
    this.#isStopped = true;
    this.#queue.length = 0;
    clearTimeout(this.#timer);
  }

  #perform(effects: readonly MachineEffect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: MachineEffect): void {
    if (isForLink(effect)) return this.#group.leave(effect);
    switch (effect.kind) {
      case "persist":
        return this.#group.save(effect.entries);
      case "drop":
        return this.#group.drop(effect.keys);
      case "note":
        return this.#options.disk.set(effect.name, effect.value);
      case "runtime":
      case "admit":
      case "measure":
      case "acknowledged":
        return this.#group.leave(effect);
      case "machines":
      case "wake":
      case "observe":
        return this.#tell(effect);
      default:
        return unreachable(effect);
    }
  }

  #performOutward(effect: OutwardEffect): void {
    if (isForLink(effect)) return this.#pass(effect);
    switch (effect.kind) {
      case "runtime":
        void this.#command(effect.command);
        return;
      case "admit":
        void this.#admit(effect);
        return;
      case "measure":
        void this.#measure(effect);
        return;
      case "acknowledged":
        return this.#acknowledge(effect);
      default:
        return unreachable(effect);
    }
  }

  /** What concerns the mesh. */
  #pass(effect: LinkEffect): void {
    const { link } = this.#options;
    switch (effect.kind) {
      case "send":
        if (this.#mayLeave(effect.message)) link.send(effect.to, effect.message);
        return;
      case "publish":
        return link.publish(effect.topic, effect.message);
      case "subscribe":
        return link.subscribe(effect.topic);
      case "remember":
        return link.remember(effect.peer, effect.addresses);
      case "forget":
        return link.forget(effect.peer);
      case "penalize":
        return link.penalize(effect.peer, effect.reason);
      default:
        return unreachable(effect);
    }
  }

  /** What stays in this process. */
  #tell(effect: Extract<MachineEffect, { kind: "machines" | "wake" | "observe" }>): void {
    switch (effect.kind) {
      case "machines":
        return this.#options.onMachines();
      case "wake":
        this.#wakes.add(effect.at);
        return;
      case "observe":
        return this.#options.onObserve(effect.event, effect.facts);
      default:
        return unreachable(effect);
    }
  }

  /** While the disk refuses entries, the registry must not tell others that they are kept. */
  #mayLeave(message: Json): boolean {
    if (!this.#options.disk.isBehind) return true;
    const kind = isJsonObject(message) ? message["k"] : undefined;
    return typeof kind !== "string" || !kind.startsWith("r.") || harmlessKinds.has(kind);
  }

  #acknowledge(effect: Acknowledged): void {
    if (!this.#options.disk.isBehind) {
      this.#options.onAcknowledged(effect.ticket, effect);
      return;
    }
    this.#heldBack.push(effect);
    if (this.#heldBack.length > heldBackMax) this.#heldBack.shift();
  }

  /** Sets the timer for the first tick that is wanted. */
  #arm(): void {
    if (this.#isStopped) return;
    const now = this.#options.now().at;
    let first: number = now + idleMsMax;
    for (const at of this.#wakes) first = Math.min(first, at);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, Math.ceil(first - now)));
  }

  #tick(): void {
    const now = this.#options.now().at;
    for (const at of this.#wakes) if (at <= now) this.#wakes.delete(at);
    this.dispatch({ kind: "tick" });
  }

  async #measure({ uid, machines }: Extract<MachineEffect, { kind: "measure" }>): Promise<void> {
    const usages = await this.#options.measure(machines);
    this.dispatch({ kind: "usage", uid, usages });
  }

  async #admit({ pod, controller }: Making): Promise<void> {
    const verdict = await this.#options.admit({ pod, controller });
    this.dispatch({ kind: "admitted", uid: pod.metadata.uid ?? "", verdict });
  }

  async #command(command: RuntimeCommand): Promise<void> {
    const report = await this.#run(command).catch((error: unknown) => failureOf(command, error));
    this.dispatch({ kind: "report", report });
  }

  async #run(command: RuntimeCommand): Promise<RuntimeReport> {
    const { runtime } = this.#options;
    const { uid } = command;
    switch (command.kind) {
      case "createPod": {
        const { ip } = await runtime.createPod(command.plan);
        return { kind: "podCreated", uid, ip };
      }
      case "startContainer": {
        const { plan, attempt } = command;
        const started = await runtime.startContainer(uid, plan, attempt);
        return { kind: "containerStarted", uid, container: plan.name, attempt, started };
      }
      case "stopContainer":
        await runtime.stopContainer(uid, command.container, command.graceMs);
        return { kind: "containerStopped", uid, container: command.container };
      case "resizeContainer": {
        const { container, attempt } = command;
        await runtime.resizeContainer(uid, container, command.limits);
        return { kind: "containerResized", uid, container, attempt, ok: true, message: "" };
      }
      case "writeFiles":
        for (const { name, files } of command.volumes) await runtime.writeFiles(uid, name, files);
        return { kind: "filesWritten", uid };
      case "retirePod":
        await runtime.retirePod(uid);
        return { kind: "podRetired", uid };
      case "removePod":
        await runtime.removePod(uid, command.graceMs);
        return { kind: "podRemoved", uid };
      case "probe": {
        const { container, attempt, probe } = command;
        const answer = await runtime.probe(uid, command.plan, command.timeoutMs);
        return { kind: "probed", uid, container, attempt, probe, ...answer };
      }
      case "hook": {
        const { container, attempt, hook } = command;
        const answer = await runtime.probe(uid, command.plan, command.timeoutMs);
        return { kind: "hooked", uid, container, attempt, hook, ...answer };
      }
      default:
        return unreachable(command);
    }
  }
}

const linkKinds: ReadonlySet<string> = new Set<LinkEffect["kind"]>([
  "send",
  "publish",
  "subscribe",
  "remember",
  "forget",
  "penalize",
]);

function isForLink(effect: MachineEffect): effect is LinkEffect {
  return linkKinds.has(effect.kind);
}

/** What came of a command whose driver threw. */
function failureOf(command: RuntimeCommand, error: unknown): RuntimeReport {
  const { uid } = command;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof BeeError ? error.code : "runtime-failed";
  switch (command.kind) {
    case "createPod":
      return { kind: "podFailed", uid, code, message };
    case "startContainer": {
      const { plan, attempt } = command;
      return { kind: "containerFailed", uid, container: plan.name, attempt, code, message };
    }
    case "stopContainer":
      return { kind: "containerStopped", uid, container: command.container };
    case "resizeContainer": {
      const { container, attempt } = command;
      return { kind: "containerResized", uid, container, attempt, ok: false, message };
    }
    case "writeFiles":
      return { kind: "filesFailed", uid, message };
    case "retirePod":
      return { kind: "podRetireFailed", uid, message };
    case "removePod":
      return { kind: "podRemoveFailed", uid, message };
    case "probe": {
      const { container, attempt, probe } = command;
      return { kind: "probed", uid, container, attempt, probe, ok: false, message };
    }
    case "hook": {
      const { container, attempt, hook } = command;
      return { kind: "hooked", uid, container, attempt, hook, ok: false, message };
    }
    default:
      return unreachable(command);
  }
}

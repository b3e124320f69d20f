import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { BeeError } from "@beemesh/base";
import type {
  ContainerExit,
  ContainerPlan,
  ContainerStats,
  ExecOptions,
  ExecSession,
  FilePlan,
  FoundContainer,
  FoundPod,
  LogOptions,
  PodPlan,
  PodSandbox,
  ProbePlan,
  Runtime,
  RuntimeEvent,
  StartedContainer,
} from "@beemesh/ports";
import { logBytesMax } from "./container-spec.ts";
import { EventSource } from "./event-source.ts";
import type { ImageImporter, ImageSource } from "./image-source.ts";
import { handlerMissing, targetMissing } from "./known-pod.ts";
import { type DecodeLine, lastWords, prepareLastWords } from "./last-words.ts";
import { openLog } from "./log.ts";
import { clockedDecoder, LogClock } from "./log-clock.ts";
import { podAddress } from "./pod-address.ts";
import { checkedContainer, type KeptPlan, PodFolder } from "./pod-folder.ts";
import { runProbe } from "./probe.ts";
import { type Launched, launch, readExit, readLaunched } from "./process-container.ts";
import { ProcessImages } from "./process-images.ts";
import { attachTo, startBeside } from "./process-session.ts";
import {
  end,
  hasEnvironmentBelow,
  identify,
  isAlive,
  processNumbers,
  signal,
  usageOf,
} from "./process-table.ts";

export interface ProcessOptions {
  /** Holds the images and the pods. */
  readonly folder: string;
  /** Why processes and no containers, for people. */
  readonly reason: string;
}

/** A container as the driver knows it: a process group, or what is left of one. */
interface ProcessContainer {
  readonly name: string;
  readonly attempt: number;
  readonly launched: Launched;
  readonly home: string;
  exit: FoundContainer["exit"];
  clock: LogClock | undefined;
}

interface ProcessPod {
  readonly plan: KeptPlan;
  readonly folder: PodFolder;
  readonly containers: Map<string, ProcessContainer>;
  isGoing: boolean;
}

/** A process of an earlier life is no child of ours, so nobody tells us of its end. */
const lookMs = 300;

/** How long a KILL may take. */
const killMsMax = 5000;

/**
 * Runs pods as plain processes: no engine, no root. An image is a folder with a command; each
 * container is a process group with the same life as a container's, each pod has a loopback
 * address of its own, given as HOST and BEEMESH_POD_IP.
 *
 * What it cannot do: nothing is isolated, a process sees the whole computer; mount paths hold only
 * below the working folder (and as BEEMESH_VOLUME_NAME), `readOnly` is not enforced; limits of CPU
 * and memory and running out of memory are not noticed; a service must listen on HOST; users are
 * numbers, and need root; rights are those of the driver, whatever a container adds or drops, and
 * its file system is writable; pods with settings of the kernel are refused; a terminal cannot be
 * resized, and the main process has none; its input never ends (`stdinOnce`); the time of a log
 * line is when it was seen.
 */
export class ProcessRuntime implements Runtime, ImageImporter {
  readonly name = "process";
  readonly handlers: readonly string[] = [];
  readonly #options: ProcessOptions;
  readonly #images: ProcessImages;
  readonly #pods = new Map<string, ProcessPod>();
  readonly #events = new EventSource<RuntimeEvent>();
  readonly #hasLoopbacks: boolean;
  readonly #timer: NodeJS.Timeout;

  private constructor(options: ProcessOptions, hasLoopbacks: boolean) {
    this.#options = options;
    this.#hasLoopbacks = hasLoopbacks;
    this.#images = new ProcessImages(join(options.folder, "images"));
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  /** Finds the pods of an earlier life, running or not. */
  static async open(options: ProcessOptions): Promise<ProcessRuntime> {
    mkdirSync(join(options.folder, "pods"), { recursive: true, mode: 0o700 });
    const runtime = new ProcessRuntime(options, await canBind("127.1.2.3"));
    for (const uid of readdirSync(join(options.folder, "pods"))) await runtime.#adopt(uid);
    return runtime;
  }

  async check(): ReturnType<Runtime["check"]> {
    const version = `node ${process.versions.node}`;
    return { ok: true, version, message: `pods are processes: ${this.#options.reason}` };
  }

  async list(): Promise<readonly FoundPod[]> {
    this.#look();
    return [...this.#pods.values()].map(({ containers, plan }) => ({
      uid: plan.uid,
      namespace: plan.namespace,
      name: plan.name,
      ip: plan.ip,
      containers: [...containers.values()].map(found),
    }));
  }

  images(): ReturnType<Runtime["images"]> {
    return this.#images.list();
  }

  importImage(source: ImageSource): Promise<void> {
    return this.#images.import(source);
  }

  async createPod(plan: PodPlan): Promise<PodSandbox> {
    const { uid } = plan;
    if (plan.sysctls !== undefined) throw sharedKernel(Object.keys(plan.sysctls));
    if (plan.handler !== undefined) throw handlerMissing(plan.handler);
    const known = this.#pods.get(uid);
    if (known !== undefined) return { uid, ip: known.plan.ip };
    const taken = new Set([...this.#pods.values()].map((pod) => pod.plan.ip));
    const ip = this.#hasLoopbacks
      ? podAddress(uid, 127, (address) => taken.has(address))
      : "127.0.0.1";
    const folder = this.#folder(uid);
    const kept = { ...plan, ip };
    try {
      await folder.make(kept);
    } catch (error) {
      await folder.remove();
      throw error;
    }
    this.#pods.set(uid, { plan: kept, folder, containers: new Map(), isGoing: false });
    return { uid, ip };
  }

  async startContainer(
    uid: string,
    plan: ContainerPlan,
    attempt: number,
  ): Promise<StartedContainer> {
    const pod = this.#pod(uid);
    const name = checkedContainer(plan.name);
    // The processes of a target are seen as all others are.
    const target = plan.target === undefined ? undefined : pod.containers.get(plan.target);
    if (plan.target !== undefined && (target === undefined || target.exit !== undefined)) {
      throw targetMissing(uid, plan.target);
    }
    const image = this.#images.find(plan);
    const home = join(pod.folder.path, "containers", `${name}.${attempt}`);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const logPath = pod.folder.logPath(name, attempt);
    const lastWordsPath = pod.folder.lastWordsPath(name, attempt);
    if (plan.termination !== undefined) prepareLastWords(lastWordsPath, plan.termination);
    const mounts = await pod.folder.mounts(pod.plan, plan);
    const store = this.#options.folder;
    const { child, launched } = await launch({
      pod: pod.plan,
      plan,
      image,
      mounts,
      home,
      logPath,
      lastWordsPath,
      store,
    });
    const clock = new LogClock(logPath, logBytesMax);
    const container = { name, attempt, launched, home, exit: undefined, clock };
    pod.containers.set(name, container);
    child.on("exit", () => this.#settle(pod, container));
    pod.folder.forgetLogs(name, attempt - 2);
    return { id: idOf(launched), imageId: launched.imageId, startedAtMs: launched.startedAtMs };
  }

  /** Limits of processes are nobody's: there is nothing to set. */
  async resizeContainer(uid: string, container: string): Promise<void> {
    this.#running(uid, container);
  }

  async stopContainer(uid: string, container: string, graceMs: number): Promise<void> {
    const pod = this.#pods.get(uid);
    const known = pod?.containers.get(container);
    if (pod === undefined || known === undefined || known.exit !== undefined) return;
    await stopGroup(known.launched, graceMs);
    this.#settle(pod, known);
  }

  async writeFiles(uid: string, volume: string, files: readonly FilePlan[]): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod !== undefined && !pod.isGoing) pod.folder.writeFiles(volume, files);
  }

  async retirePod(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod !== undefined && !pod.isGoing) await killPod(pod.folder);
  }

  async removePod(uid: string, graceMs: number): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return;
    pod.isGoing = true;
    const running = [...pod.containers.values()].filter(({ exit }) => exit === undefined);
    await Promise.all(running.map(({ launched }) => stopGroup(launched, graceMs)));
    await this.#erase(pod);
  }

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    return this.#events.listen(listener);
  }

  async logs(uid: string, container: string, options: LogOptions): Promise<Readable> {
    const known = this.#container(uid, container);
    const attempt = known.attempt - (options.previous ? 1 : 0);
    const path = this.#pod(uid).folder.logPath(container, Math.max(0, attempt));
    if (attempt < 0 || (options.previous && !existsSync(path))) {
      const message = `Cannot read previous log of ${container}: there was no earlier attempt`;
      throw new BeeError("container-unknown", message, { facts: { uid, container } });
    }
    const isOpen = (): boolean => !options.previous && known.exit === undefined;
    const decode = clockedDecoder(path, options.previous ? undefined : known.clock);
    return openLog({ path, decode, isOpen, mayLackLastFeed: true }, options);
  }

  async exec(uid: string, container: string, options: ExecOptions): Promise<ExecSession> {
    return startBeside(this.#running(uid, container).launched, options);
  }

  async attach(
    uid: string,
    container: string,
    options: Omit<ExecOptions, "command">,
  ): Promise<ExecSession> {
    const known = this.#running(uid, container);
    const pipe = join(known.home, "stdin");
    const path = this.#pod(uid).folder.logPath(container, known.attempt);
    const log = {
      path,
      decode: clockedDecoder(path, known.clock),
      isOpen: () => known.exit === undefined,
      mayLackLastFeed: true,
      startOffset: statSync(path).size,
    };
    const parts = {
      output: openLog(log, { follow: true, timestamps: false }),
      pipe: existsSync(pipe) ? pipe : undefined,
      exitCode: () => known.exit?.exitCode ?? 0,
    };
    return attachTo(parts, options);
  }

  async stats(uid: string): Promise<readonly ContainerStats[]> {
    return [...this.#pod(uid).containers.values()]
      .filter(({ exit }) => exit === undefined)
      .map(({ launched, name }) => ({ name, ...usageOf(launched.id.pid) }));
  }

  async probe(uid: string, plan: ProbePlan, timeoutMs: number): ReturnType<Runtime["probe"]> {
    this.#pod(uid);
    const ways = {
      connect: (port: number) => this.connect(uid, port),
      exec: (container: string, command: readonly string[]) =>
        this.exec(uid, container, { command, stdin: false, tty: false }),
    };
    return runProbe(ways, plan, timeoutMs);
  }

  async connect(uid: string, port: number): Promise<Duplex> {
    const { ip } = this.#pod(uid).plan;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: ip, port, allowHalfOpen: true });
      socket.once("connect", () => resolve(socket));
      socket.on("error", (cause) => {
        const message = `Cannot connect to port ${port}: ${cause.message}`;
        reject(new BeeError("connection-refused", message, { facts: { port }, cause }));
      });
    });
  }

  /** Processes share this computer's network and have no sidecar. */
  onSidecar(): () => void {
    return () => undefined;
  }

  async carry(uid: string): Promise<Duplex> {
    this.#pod(uid);
    throw new BeeError("runtime-unavailable", "Cannot enter pod: a process has no sidecar");
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#events.close();
    for (const { containers } of this.#pods.values()) {
      for (const { clock } of containers.values()) clock?.close();
    }
    this.#pods.clear();
  }

  /** A pod of an earlier life. Without its plan it cannot be restarted, so it is removed. */
  async #adopt(uid: string): Promise<void> {
    const folder = this.#folder(uid);
    const plan = folder.plan();
    const pod = { plan, folder, containers: new Map<string, ProcessContainer>(), isGoing: false };
    if (plan === undefined) {
      await killPod(folder);
      await folder.remove();
      return;
    }
    const containers = join(folder.path, "containers");
    for (const entry of existsSync(containers) ? readdirSync(containers) : []) {
      const [name = "", attempt = ""] = entry.split(".");
      const home = join(containers, entry);
      const launched = readLaunched(home);
      const newer = (pod.containers.get(name)?.attempt ?? -1) > Number(attempt);
      if (launched === undefined || newer) continue;
      const runs = isAlive(launched.id);
      pod.containers.set(name, {
        name,
        attempt: Number(attempt),
        launched,
        home,
        exit: runs ? undefined : exitOf(folder, { name, attempt: Number(attempt), home }),
        clock: runs ? new LogClock(folder.logPath(name, Number(attempt)), logBytesMax) : undefined,
      });
    }
    this.#pods.set(uid, { ...pod, plan });
  }

  /** Notices the end of processes that are not our children, and pods that were taken away. */
  #look(): void {
    for (const pod of this.#pods.values()) {
      if (pod.isGoing) continue;
      for (const container of pod.containers.values()) {
        if (container.exit === undefined && !isAlive(container.launched.id)) {
          this.#settle(pod, container);
        }
      }
      if (existsSync(join(pod.folder.path, "plan.json"))) continue;
      pod.isGoing = true;
      this.#erase(pod).catch(() => {});
      this.#events.tell({ kind: "vanished", uid: pod.plan.uid });
    }
  }

  #settle(pod: ProcessPod, container: ProcessContainer): void {
    if (container.exit !== undefined) return;
    container.exit = exitOf(pod.folder, container);
    container.clock?.close();
    // What the main process started does not outlive it, as in a container.
    signal(-container.launched.id.pid, "SIGKILL");
    if (pod.isGoing || this.#pods.get(pod.plan.uid) !== pod) return;
    const { attempt, exit, name } = container;
    this.#events.tell({ kind: "exited", uid: pod.plan.uid, container: name, attempt, exit });
  }

  async #erase(pod: ProcessPod): Promise<void> {
    for (const { clock } of pod.containers.values()) clock?.close();
    await killPod(pod.folder);
    await pod.folder.remove();
    this.#pods.delete(pod.plan.uid);
  }

  #folder(uid: string): PodFolder {
    return new PodFolder(join(this.#options.folder, "pods"), uid, false);
  }

  #pod(uid: string): ProcessPod {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) return pod;
    throw new BeeError("pod-unknown", "Cannot find pod: it is not there", { facts: { uid } });
  }

  #container(uid: string, name: string): ProcessContainer {
    const container = this.#pod(uid).containers.get(name);
    if (container !== undefined) return container;
    const message = `Cannot find container ${name}: the pod has none of this name`;
    throw new BeeError("container-unknown", message, { facts: { uid, container: name } });
  }

  #running(uid: string, name: string): ProcessContainer {
    const container = this.#container(uid, name);
    if (container.exit === undefined) return container;
    const message = `Cannot enter container ${name}: it does not run`;
    throw new BeeError("container-unknown", message, { facts: { uid, container: name } });
  }
}

/** How a container has ended, with what it has said about that. */
function exitOf(
  folder: PodFolder,
  { name, attempt, home }: Pick<ProcessContainer, "name" | "attempt" | "home">,
): ContainerExit {
  const exit = readExit(home);
  const decode = (text: Buffer): ReturnType<DecodeLine> => ({ text, whole: true });
  const log = { path: folder.logPath(name, attempt), decode };
  const message = lastWords(folder.lastWordsPath(name, attempt), exit.exitCode, log);
  return message === "" ? exit : { ...exit, message };
}

function found({ attempt, exit, launched, name }: ProcessContainer): FoundContainer {
  const { startedAtMs } = launched;
  const common = { name, attempt, id: idOf(launched), startedAtMs };
  return exit === undefined
    ? { ...common, state: "running" }
    : { ...common, state: "exited", exit };
}

function idOf({ id }: Launched): string {
  return `${id.pid}-${id.start}`;
}

/** Asks all processes of the group to end, and ends those that did not. */
async function stopGroup({ id }: Launched, graceMs: number): Promise<void> {
  if (graceMs > 0 && isAlive(id)) {
    signal(-id.pid, "SIGTERM");
    // A process that was halted hears nothing until it goes on.
    if (await end(id, "SIGCONT", graceMs)) return;
  }
  if (!isAlive(id)) return;
  signal(-id.pid, "SIGKILL");
  await end(id, "SIGKILL", killMsMax);
}

/** Ends every process that was started for the pod, also those that left their group. */
async function killPod(folder: PodFolder): Promise<void> {
  const left = processNumbers()
    .filter((pid) => hasEnvironmentBelow(pid, "BEEMESH_STORE", folder.path))
    .flatMap((pid) => identify(pid) ?? []);
  await Promise.all(left.map((id) => end(id, "SIGKILL", killMsMax)));
}

function sharedKernel(names: readonly string[]): BeeError {
  const state = `processes share the kernel's settings with their machine: ${names.join(", ")}`;
  return new BeeError("start-failed", `Cannot make pod: ${state}`);
}

async function canBind(address: string): Promise<boolean> {
  const server = createServer();
  try {
    return await new Promise<boolean>((resolve) => {
      server.on("error", () => resolve(false));
      server.listen(0, address, () => resolve(true));
    });
  } finally {
    server.close();
  }
}

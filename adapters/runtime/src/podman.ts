import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { BeeError } from "@beemesh/base";
import type {
  ContainerExit,
  ContainerLimits,
  ContainerPlan,
  ContainerStats,
  ExecOptions,
  ExecSession,
  FilePlan,
  FoundPod,
  LogOptions,
  PodPlan,
  PodSandbox,
  ProbePlan,
  Runtime,
  RuntimeEvent,
  SidecarLine,
  StartedContainer,
} from "@beemesh/ports";
import { listAt } from "./answer.ts";
import { countsOf } from "./control-group.ts";
import { EventSource } from "./event-source.ts";
import type { Host } from "./host.ts";
import type { ImageImporter, ImageSource } from "./image-source.ts";
import {
  foundPod,
  handlerMissing,
  type KnownContainer,
  type KnownPod,
  readContainers,
  targetMissing,
} from "./known-pod.ts";
import { decodeKubeLog } from "./kube-log.ts";
import { lastWords } from "./last-words.ts";
import { LibpodClient, segment } from "./libpod-client.ts";
import { openLog } from "./log.ts";
import { haveNamespaces, makeNamespaces, namespacePath } from "./namespaces.ts";
import { podAddress, podAddress6 } from "./pod-address.ts";
import { checkedContainer, type KeptPlan, PodFolder } from "./pod-folder.ts";
import { lostExit, PodmanContainers, type Running } from "./podman-containers.ts";
import { PodmanImages } from "./podman-images.ts";
import { labelOf, machineFilter, podLabels, podName } from "./podman-names.ts";
import { type PodmanService, storePaths } from "./podman-service.ts";
import { startAttach, startExec } from "./podman-session.ts";
import { PodmanWatch } from "./podman-watch.ts";
import { runProbe } from "./probe.ts";
import { Sidecars, type SidecarsOptions } from "./sidecars.ts";

export interface PodmanOptions {
  /** Holds what is the pods' own; at most 80 bytes, for sockets lie in it. */
  readonly folder: string;
  /** Told apart by this where several machines share one Podman. */
  readonly machine: string;
  readonly sidecarPath: string;
  readonly takeDevice?: SidecarsOptions["takeDevice"];
  readonly host: Host;
  readonly socketPath: string;
  /** The service behind the socket, if it is our own: it is ended with the driver. */
  readonly service: PodmanService | undefined;
  /** Version and OCI runtime, for people. */
  readonly description: string;
}

/** How long after an exit it is looked whether the whole pod was removed. */
const lookAfterExitMs = 150;

/**
 * A container is made while its pod's sidecar starts, and waits for it no longer than this: on a
 * machine under such load that it is not up by then, work begins without it.
 */
const sidecarWaitMsMax = 1000;

/** Podman fails once to remove a container that ended without its knowledge, and then knows it. */
const eraseTries = 3;

/**
 * Runs pods with Podman. A pod is a Podman pod without infra container; its namespaces are kept by
 * mounts, and its only way in and out is the sidecar that stands in its network namespace.
 */
export class PodmanRuntime implements Runtime, ImageImporter {
  readonly name = "podman";
  readonly #options: PodmanOptions;
  readonly #client: LibpodClient;
  readonly #images: PodmanImages;
  readonly #containers: PodmanContainers;
  readonly #sidecars: Sidecars;
  readonly #watch: PodmanWatch;
  readonly #pods = new Map<string, KnownPod>();
  readonly #events = new EventSource<RuntimeEvent>();

  private constructor(options: PodmanOptions) {
    this.#options = options;
    const exitsFolder = options.service && join(storePaths(options.folder).tmp, "exits");
    this.#client = new LibpodClient(options.socketPath);
    this.#images = new PodmanImages(this.#client);
    const { host, machine } = options;
    const parts = { client: this.#client, images: this.#images, host, machine, exitsFolder };
    this.#containers = new PodmanContainers(parts);
    this.#sidecars = new Sidecars(options);
    this.#watch = new PodmanWatch({
      client: this.#client,
      exitsFolder,
      onContainer: (id) => this.#settleById(id),
      onPodRemoved: (name) => this.#settlePodByName(name),
      onUnknown: () => void this.#look().catch(() => {}),
      onHealth: (ok, message) => this.#emit({ kind: "health", ok, message }),
    });
  }

  /** Finds the pods of an earlier life, removes what is left of others, and starts to watch. */
  static async open(options: PodmanOptions): Promise<PodmanRuntime> {
    mkdirSync(join(options.folder, "pods"), { recursive: true, mode: 0o700 });
    const runtime = new PodmanRuntime(options);
    await runtime.#adopt();
    runtime.#watch.start();
    return runtime;
  }

  get handlers(): readonly string[] {
    return this.#options.host.ociRuntimes;
  }

  async check(): ReturnType<Runtime["check"]> {
    const { description: version } = this.#options;
    try {
      await this.#client.call({ method: "GET", path: "/_ping" });
      return { ok: true, version, message: "Podman answers" };
    } catch (error) {
      return { ok: false, version, message: messageOf(error) };
    }
  }

  async list(): Promise<readonly FoundPod[]> {
    await this.#look();
    return [...this.#pods.values()].map(foundPod);
  }

  images(): ReturnType<Runtime["images"]> {
    return this.#images.list();
  }

  importImage(source: ImageSource): Promise<void> {
    return this.#images.import(source);
  }

  async createPod(plan: PodPlan): Promise<PodSandbox> {
    const known = this.#pods.get(plan.uid);
    await known?.removal;
    if (known !== undefined && known.removal === undefined) return known;
    const { handler } = plan;
    if (handler !== undefined && !this.handlers.includes(handler)) throw handlerMissing(handler);
    const addresses = new Set([...this.#pods.values()].map(({ ip }) => ip));
    const ip = podAddress(plan.uid, 10, (address) => addresses.has(address));
    const folder = this.#folder(plan.uid);
    const kept = { ...plan, ip };
    try {
      const { uid, namespace, name } = plan;
      const parts = [folder.make(kept), this.#makePod(plan), this.#sandbox(kept, folder)];
      // What is still being made when another part fails would outlive what erases it.
      await Promise.allSettled(parts);
      await Promise.all(parts);
      this.#pods.set(uid, { uid, namespace, name, ip, containers: new Map() });
      return { uid, ip };
    } catch (error) {
      await this.#erase(kept);
      throw error;
    }
  }

  async startContainer(
    uid: string,
    plan: ContainerPlan,
    attempt: number,
  ): Promise<StartedContainer> {
    const pod = this.#pod(uid);
    checkedContainer(plan.name);
    const folder = this.#folder(uid);
    const kept = folder.plan();
    if (kept === undefined) throw unknownPod(uid);
    if (pod.isRetired === true) folder.setRetired(false);
    pod.isRetired = false;
    await this.#sandbox(kept, folder);
    const earlier = pod.containers.get(plan.name);
    let made: KnownContainer | undefined;
    const onMade = (id: string): void => {
      made = { name: plan.name, attempt, id, state: "created" };
      pod.containers.set(plan.name, made);
    };
    try {
      const mayRun = (): Promise<void> => this.#sidecars.whenUp(uid, sidecarWaitMsMax);
      const target = this.#target(pod, plan.target);
      const order = { pod: kept, folder, plan, attempt, target, onMade, mayRun };
      const running = await this.#containers.start(order);
      if (made !== undefined) this.#noteStart(pod, made, running);
      if (earlier !== undefined && earlier.id !== running.id) this.#forget(folder, earlier);
      return { id: running.id, imageId: running.imageId, startedAtMs: running.startedAtMs };
    } catch (error) {
      if (earlier !== undefined) pod.containers.set(plan.name, earlier);
      else pod.containers.delete(plan.name);
      if (error instanceof BeeError && error.code === "pod-unknown") this.#vanish(pod);
      throw error;
    }
  }

  async resizeContainer(uid: string, container: string, limits: ContainerLimits): Promise<void> {
    await this.#containers.resize(this.#running(uid, container).id, limits);
  }

  async stopContainer(uid: string, container: string, graceMs: number): Promise<void> {
    const known = this.#pods.get(uid)?.containers.get(container);
    if (known?.state === "running") await this.#containers.stop(known.id, graceMs);
  }

  async writeFiles(uid: string, volume: string, files: readonly FilePlan[]): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod !== undefined && pod.removal === undefined) this.#folder(uid).writeFiles(volume, files);
  }

  async retirePod(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod === undefined || pod.removal !== undefined) return;
    pod.isRetired = true;
    this.#folder(uid).setRetired(true);
    await this.#sidecars.drop(uid);
  }

  removePod(uid: string, graceMs: number): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod === undefined) return Promise.resolve();
    pod.removal ??= this.#remove(pod, graceMs).catch((error: unknown) => {
      // Not gone, so it may be asked for again.
      delete pod.removal;
      throw error;
    });
    return pod.removal;
  }

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    return this.#events.listen(listener);
  }

  async logs(uid: string, container: string, options: LogOptions): Promise<Readable> {
    const known = this.#container(uid, container);
    const attempt = known.attempt - (options.previous ? 1 : 0);
    const path = this.#folder(uid).logPath(container, Math.max(0, attempt));
    if (attempt < 0 || (options.previous && !existsSync(path))) {
      const message = `Cannot read previous log of ${container}: there was no earlier attempt`;
      throw new BeeError("container-unknown", message, { facts: { uid, container } });
    }
    const isOpen = (): boolean =>
      !options.previous && known.state !== "exited" && this.#isCurrent(uid, known);
    return openLog({ path, decode: decodeKubeLog, isOpen, mayLackLastFeed: false }, options);
  }

  async exec(uid: string, container: string, options: ExecOptions): Promise<ExecSession> {
    return startExec(this.#client, this.#running(uid, container).id, options);
  }

  async attach(
    uid: string,
    container: string,
    options: Omit<ExecOptions, "command">,
  ): Promise<ExecSession> {
    return startAttach(this.#client, this.#running(uid, container).id, options);
  }

  async stats(uid: string): Promise<readonly ContainerStats[]> {
    return [...this.#pod(uid).containers.values()].flatMap(({ name, group }) => {
      const counts = group && countsOf(group);
      return counts === undefined ? [] : [{ name, ...counts }];
    });
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
    if (this.#pod(uid).isRetired === true) {
      const message = `Cannot connect to port ${port}: nothing runs in the pod any more`;
      throw new BeeError("connection-refused", message, { facts: { port } });
    }
    return this.#sidecars.enter(uid, port);
  }

  onSidecar(listener: (sidecar: SidecarLine) => void): () => void {
    return this.#sidecars.onLine(listener);
  }

  async carry(uid: string): Promise<Duplex> {
    if (this.#pod(uid).isRetired === true) {
      throw new BeeError("connection-refused", "Cannot enter pod: nothing runs in it any more");
    }
    return this.#sidecars.carry(uid);
  }

  async close(): Promise<void> {
    this.#watch.close();
    this.#sidecars.close();
    this.#events.close();
    this.#client.close();
    await this.#options.service?.close();
  }

  async #adopt(): Promise<void> {
    await this.#look();
    const left = readdirSync(join(this.#options.folder, "pods"));
    for (const uid of left.filter((name) => !this.#pods.has(name))) {
      await this.#sidecars.drop(uid);
      await this.#folder(uid).remove();
    }
    for (const pod of this.#pods.values()) {
      const folder = this.#folder(pod.uid);
      pod.isRetired = folder.isRetired;
      if (!pod.isRetired && haveNamespaces(folder.namespaces)) this.#keepSidecar(pod, folder);
    }
  }

  /** Compares what is there with what is known, and tells the difference. */
  async #look(): Promise<void> {
    const before = new Map(
      [...this.#pods].map(([uid, pod]) => [uid, new Map(pod.containers)] as const),
    );
    const filters = machineFilter(this.#options.machine);
    const listPods = { method: "GET", path: "/pods/json", query: { filters } } as const;
    const [pods, containers] = await Promise.all([
      this.#client.must("list pods", listPods),
      this.#containers.list(filters).then(readContainers),
    ]);
    const there = new Set<string>();
    for (const item of listAt(pods)) {
      const uid = labelOf(item, "uid");
      there.add(uid);
      if (!this.#pods.has(uid) && !before.has(uid)) this.#learn(uid, containers.get(uid) ?? []);
    }
    for (const [uid, known] of before) {
      const pod = this.#pods.get(uid);
      if (pod === undefined) continue;
      if (!there.has(uid)) this.#vanish(pod);
      for (const container of known.values()) {
        const found = containers.get(uid)?.find(({ id }) => id === container.id);
        if (found?.group === undefined) this.#settle(pod, container);
      }
    }
  }

  /** A pod of an earlier life. Without its plan it cannot be restarted, so it is not ours. */
  #learn(uid: string, containers: readonly KnownContainer[]): void {
    const kept = this.#folder(uid).plan();
    if (kept === undefined) return;
    const { namespace, name, ip } = kept;
    const byName = new Map(containers.map((container) => [container.name, container]));
    const pod = { uid, namespace, name, ip, containers: byName };
    this.#pods.set(uid, pod);
    for (const container of containers) {
      if (container.group === undefined) this.#settle(pod, container);
      if (container.exit === undefined) continue;
      container.exit = this.#withLastWords(uid, container, container.exit);
    }
  }

  #settleById(id: string): void {
    for (const pod of this.#pods.values()) {
      for (const container of pod.containers.values()) {
        if (container.id === id) this.#settle(pod, container);
      }
    }
  }

  #settlePodByName(name: string): void {
    for (const pod of this.#pods.values()) {
      if (podName({ ...pod }) === name) this.#vanish(pod);
    }
  }

  /** Finds out whether a container that ran has ended, and how. */
  #settle(pod: KnownPod, container: KnownContainer): void {
    if (container.state !== "running" || pod.removal !== undefined) return;
    const settle = async (): Promise<void> => {
      const exit = await this.#containers.exitOf(container.id, container.group);
      if (exit === "running" || container.state !== "running") return;
      container.state = "exited";
      container.exit = this.#withLastWords(pod.uid, container, exit === "gone" ? lostExit() : exit);
      container.group = undefined;
      this.#tellExit(pod, container);
    };
    // If Podman does not answer, there will be another look when it does.
    settle().catch(() => {});
  }

  #withLastWords(
    uid: string,
    { attempt, name }: KnownContainer,
    exit: ContainerExit,
  ): ContainerExit {
    const folder = this.#folder(uid);
    const log = { path: folder.logPath(name, attempt), decode: decodeKubeLog };
    const message = lastWords(folder.lastWordsPath(name, attempt), exit.exitCode, log);
    return message === "" ? exit : { ...exit, message };
  }

  #tellExit(pod: KnownPod, { attempt, exit, name }: KnownContainer): void {
    if (exit === undefined || pod.removal !== undefined) return;
    this.#emit({ kind: "exited", uid: pod.uid, container: name, attempt, exit });
    const timer = setTimeout(() => void this.#checkPod(pod).catch(() => {}), lookAfterExitMs);
    timer.unref();
  }

  async #checkPod(pod: KnownPod): Promise<void> {
    const path = `/pods/${segment(podName(pod))}/exists`;
    if ((await this.#client.call({ method: "GET", path })).status === 404) this.#vanish(pod);
  }

  /** Somebody removed the pod: tells so, and removes what is left of it. */
  #vanish(pod: KnownPod): void {
    if (pod.removal !== undefined || this.#pods.get(pod.uid) !== pod) return;
    pod.removal = this.#erase(pod).finally(() => this.#pods.delete(pod.uid));
    pod.removal.catch(() => {});
    this.#emit({ kind: "vanished", uid: pod.uid });
  }

  #noteStart(pod: KnownPod, container: KnownContainer, running: Running): void {
    container.state = "running";
    container.startedAtMs = running.startedAtMs;
    container.group = running.group;
    // It may have ended before its start was known; then nobody will say so again.
    if (running.group === undefined) setImmediate(() => this.#settle(pod, container));
  }

  /** Removes an earlier attempt. Its log stays until there is a later one. */
  #forget(folder: PodFolder, { attempt, id, name }: KnownContainer): void {
    folder.forgetLogs(name, attempt - 1);
    // If it fails, the container goes with its pod.
    this.#containers.remove(id).catch(() => {});
  }

  async #remove(pod: KnownPod, graceMs: number): Promise<void> {
    const running = [...pod.containers.values()].filter(({ state }) => state === "running");
    await Promise.all(running.map(({ id }) => this.#containers.stop(id, graceMs)));
    await this.#erase(pod);
    this.#pods.delete(pod.uid);
  }

  async #erase(pod: Pick<KeptPlan, "uid" | "namespace" | "name">): Promise<void> {
    for (let triesLeft = eraseTries; ; triesLeft -= 1) {
      const path = `/pods/${segment(podName(pod))}`;
      const query = { force: true, timeout: 0 };
      const { reason, status } = await this.#client.call({ method: "DELETE", path, query });
      if (status < 400 || status === 404) break;
      if (triesLeft > 0) continue;
      throw new BeeError("runtime-unavailable", `Cannot remove pod: ${reason}`);
    }
    await this.#sidecars.drop(pod.uid);
    await this.#folder(pod.uid).remove();
  }

  async #makePod(plan: PodPlan): Promise<void> {
    await this.#client.must(`make pod ${plan.name}`, {
      method: "POST",
      path: "/pods/create",
      body: {
        name: podName(plan),
        labels: podLabels(plan, this.#options.machine),
        no_infra: true,
      },
    });
  }

  /** Makes the pod's namespaces, also after a reboot, and its sidecar. */
  async #sandbox(plan: KeptPlan, folder: PodFolder): Promise<void> {
    if (!haveNamespaces(folder.namespaces)) {
      const { hostname, ip, uid } = plan;
      const ip6 = podAddress6(uid);
      await makeNamespaces({ folder: folder.namespaces, hostname, ip, ip6 });
    }
    this.#keepSidecar(plan, folder);
  }

  #keepSidecar({ uid, ip }: Pick<KeptPlan, "uid" | "ip">, folder: PodFolder): void {
    const ip6 = podAddress6(uid);
    this.#sidecars.keep({ uid, ip, ip6, network: namespacePath(folder.namespaces, "net") });
  }

  #folder(uid: string): PodFolder {
    return new PodFolder(join(this.#options.folder, "pods"), uid, true);
  }

  #pod(uid: string): KnownPod {
    const pod = this.#pods.get(uid);
    if (pod === undefined) throw unknownPod(uid);
    return pod;
  }

  #container(uid: string, name: string): KnownContainer {
    const container = this.#pod(uid).containers.get(name);
    if (container !== undefined) return container;
    const message = `Cannot find container ${name}: the pod has none of this name`;
    throw new BeeError("container-unknown", message, { facts: { uid, container: name } });
  }

  #running(uid: string, name: string): KnownContainer {
    const container = this.#container(uid, name);
    if (container.state === "running") return container;
    const message = `Cannot enter container ${name}: it does not run`;
    throw new BeeError("container-unknown", message, { facts: { uid, container: name } });
  }

  /** The id of a container that another is to see the processes of. */
  #target(pod: KnownPod, name: string | undefined): string | undefined {
    const container = name === undefined ? undefined : pod.containers.get(name);
    if (name === undefined || container?.state === "running") return container?.id;
    throw targetMissing(pod.uid, name);
  }

  #isCurrent(uid: string, container: KnownContainer): boolean {
    return this.#pods.get(uid)?.containers.get(container.name) === container;
  }

  #emit(event: RuntimeEvent): void {
    this.#events.tell(event);
  }
}

function unknownPod(uid: string): BeeError {
  return new BeeError("pod-unknown", "Cannot find pod: it is not there", { facts: { uid } });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

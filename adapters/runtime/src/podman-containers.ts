import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BeeError } from "@beemesh/base";
import type { ContainerExit, ContainerLimits, ContainerPlan } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { dateAt, listAt, numberAt, textAt, valueAt } from "./answer.ts";
import { containerSpec, resourceLimits } from "./container-spec.ts";
import { asksForImageUser, userOf } from "./container-user.ts";
import { type ControlGroup, controlGroupOf, ranOutOfMemory } from "./control-group.ts";
import type { Host } from "./host.ts";
import { lostExitCode } from "./known-pod.ts";
import { prepareLastWords } from "./last-words.ts";
import { type LibpodClient, segment } from "./libpod-client.ts";
import type { KeptPlan, PodFolder } from "./pod-folder.ts";
import type { PodmanImages } from "./podman-images.ts";
import { containerLabels, containerName, podLabels, podName } from "./podman-names.ts";
import { identify } from "./process-table.ts";

export interface PodmanContainersOptions {
  readonly client: LibpodClient;
  readonly images: PodmanImages;
  readonly host: Host;
  readonly machine: string;
  /** Where conmon leaves exit codes, if that is known. */
  readonly exitsFolder: string | undefined;
}

/** A container that runs. */
export interface Running {
  readonly id: string;
  readonly imageId: string;
  readonly startedAtMs: number;
  /** Undefined if it has ended already. */
  readonly group: ControlGroup | undefined;
}

/** From the end of a process to conmon's note of it: some milliseconds, on a busy machine more. */
const conmonMs = 500;

/** What is to be started, and where. */
export interface StartOrder {
  readonly pod: KeptPlan;
  readonly folder: PodFolder;
  readonly plan: ContainerPlan;
  readonly attempt: number;
  /** The id of the container whose processes it sees. */
  readonly target: string | undefined;
  /** Told as soon as the container has an id, before it runs. */
  onMade(id: string): void;
  /** Awaited before it runs. */
  mayRun(): Promise<void>;
}

/** Makes, starts and ends containers of a Podman store. */
export class PodmanContainers {
  readonly #options: PodmanContainersOptions;

  constructor(options: PodmanContainersOptions) {
    this.#options = options;
  }

  /**
   * Throws BeeError `image-missing`, `image-pull-failed`, `pod-unknown`, `start-failed`,
   * `user-refused`.
   */
  async start(order: StartOrder): Promise<Running> {
    const { client } = this.#options;
    const { pod, plan, attempt } = order;
    const name = containerName({ uid: pod.uid, container: plan.name, attempt });
    const id = await this.#make(order, name);
    order.onMade(id);
    await order.mayRun();
    const path = `/containers/${id}`;
    const started = await client.call({ method: "POST", path: `${path}/start` });
    if (started.status >= 400) {
      await this.remove(id);
      throw new BeeError("start-failed", `Cannot start container ${plan.name}: ${started.reason}`, {
        facts: { container: plan.name },
      });
    }
    const found = await client.must("look at container", { method: "GET", path: `${path}/json` });
    const pid = numberAt(found, "State", "Pid");
    return {
      id,
      imageId: textAt(found, "Image"),
      startedAtMs: dateAt(found, "State", "StartedAt") || Date.now(),
      group: pid > 0 ? controlGroupOf(pid) : undefined,
    };
  }

  /** Throws BeeError `resize-refused`. */
  async resize(id: string, limits: ContainerLimits): Promise<void> {
    const { status, reason } = await this.#options.client.call({
      method: "POST",
      path: `/containers/${id}/update`,
      body: resourceLimits(limits),
    });
    if (status < 400) return;
    throw new BeeError("resize-refused", `Cannot resize container: ${reason}`);
  }

  /** Nothing if it does not run. */
  async stop(id: string, graceMs: number): Promise<void> {
    const timeout = Math.ceil(graceMs / 1000);
    const path = `/containers/${id}/stop`;
    const { status, reason } = await this.#options.client.call({
      method: "POST",
      path,
      query: { timeout },
    });
    if (status < 400 || status === 404 || status === 409) return;
    throw new BeeError("runtime-unavailable", `Cannot stop container: ${reason}`);
  }

  async remove(name: string): Promise<void> {
    const path = `/containers/${segment(name)}`;
    await this.#options.client.call({ method: "DELETE", path, query: { force: true, timeout: 0 } });
  }

  /**
   * How a container ended: `running` if it has not, `gone` if there is no trace of it.
   *
   * @param group - Its control group while it ran, which is there for some milliseconds more: it
   *   alone tells whether memory ran out, for conmon's own note of that gets lost.
   */
  async exitOf(
    id: string,
    group: ControlGroup | undefined,
  ): Promise<ContainerExit | "running" | "gone"> {
    const outOfMemory = group !== undefined && ranOutOfMemory(group);
    const early = this.#exitNote(id);
    if (early !== undefined) return exit(early.code, outOfMemory, early.atMs);
    const state = await this.#settledState(id);
    if (state === undefined) return "gone";
    const note = this.#exitNote(id);
    if (note !== undefined) return exit(note.code, outOfMemory, note.atMs);
    if (isUnderWay(state)) return isLost(state) ? lostExit() : "running";
    if (["created", "initialized"].includes(textAt(state, "Status"))) return "running";
    const atMs = dateAt(state, "FinishedAt");
    // Until the engine has noted the end, it says 0 for the code.
    if (atMs === 0) return lostExit();
    const killed = outOfMemory || valueAt(state, "OOMKilled") === true;
    return exit(numberAt(state, "ExitCode"), killed, atMs);
  }

  /**
   * If conmon was killed with its container, nobody tells Podman of the end: it goes on to say
   * that the container runs. Its process knows better; conmon, if it is there, gets a moment.
   */
  async #settledState(id: string): Promise<Json | undefined> {
    const state = await this.#state(id);
    if (!isUnderWay(state) || !isLost(state)) return state;
    await sleep(conmonMs, undefined, { ref: false });
    return this.#state(id);
  }

  async #state(id: string): Promise<Json | undefined> {
    const call = { method: "GET", path: `/containers/${id}/json` } as const;
    const { body, status } = await this.#options.client.call(call);
    return status === 404 ? undefined : valueAt(body, "State");
  }

  /** The exit code that conmon left a moment ago, before Podman has even noticed. */
  #exitNote(id: string): { readonly code: number; readonly atMs: number } | undefined {
    const { exitsFolder } = this.#options;
    if (exitsFolder === undefined) return undefined;
    const path = join(exitsFolder, id);
    try {
      const text = readFileSync(path, "utf8");
      return { code: Number(text) || 0, atMs: Math.round(statSync(path).mtimeMs) };
    } catch {
      return undefined;
    }
  }

  async #make(order: StartOrder, name: string): Promise<string> {
    const { images } = this.#options;
    const { plan } = order;
    const security = plan.security ?? {};
    const isEarly = plan.pull === "Always" || asksForImageUser(security);
    const image = isEarly ? await images.provide(plan) : plan.image;
    const user = userOf(security, asksForImageUser(security) ? await images.userOf(image) : "");
    const made = await this.#create(order, { name, image, user });
    if (made.status < 400) return this.#madeId(order, name, made);
    if (!(await this.#podExists(order.pod))) {
      throw new BeeError("pod-unknown", "Cannot start container: its pod is gone", {
        facts: { uid: order.pod.uid },
      });
    }
    // Engines say "no such image" in many ways and with several codes, so it is asked for.
    if (await images.has(image)) return this.#madeId(order, name, made);
    const provided = { name, user, image: await images.provide(plan) };
    return this.#madeId(order, name, await this.#create(order, provided));
  }

  async #create(
    order: StartOrder,
    { name, image, user }: { name: string; image: string; user: string | undefined },
  ): ReturnType<LibpodClient["call"]> {
    const { client, host, machine } = this.#options;
    const { attempt, folder, plan, pod, target } = order;
    const logPath = folder.logPath(plan.name, attempt);
    const lastWordsPath = folder.lastWordsPath(plan.name, attempt);
    if (plan.termination !== undefined) prepareLastWords(lastWordsPath, plan.termination);
    const body = containerSpec(
      { ...plan, image },
      {
        pod: podName(pod),
        name,
        hostname: pod.hostname,
        target,
        labels: {
          ...podLabels(pod, machine),
          ...containerLabels({ uid: pod.uid, container: plan.name, attempt }),
        },
        folder: folder.path,
        namespaces: folder.namespaces,
        logPath,
        lastWordsPath,
        mounts: await folder.mounts(pod, plan),
        limits: host.limits,
        ociRuntime: pod.handler ?? host.ociRuntimes[0],
        user,
        sysctls: pod.sysctls ?? {},
      },
    );
    const call = { method: "POST", path: "/containers/create", body } as const;
    const answer = await client.call(call);
    const isTaken = answer.status >= 400 && /in use/u.test(answer.reason);
    if (!isTaken) return answer;
    // A try that was cut off left this attempt behind, not started or not known to be.
    await this.remove(name);
    if (existsSync(logPath)) rmSync(logPath);
    return client.call(call);
  }

  #madeId(
    { plan }: StartOrder,
    name: string,
    { status, body, reason }: { status: number; body: Json | undefined; reason: string },
  ): string {
    const id = textAt(body, "Id");
    if (status < 400 && id !== "") return id;
    const message = `Cannot make container ${plan.name}: ${reason}`;
    throw new BeeError("start-failed", message, { facts: { container: name } });
  }

  async #podExists(pod: KeptPlan): Promise<boolean> {
    const path = `/pods/${segment(podName(pod))}/exists`;
    return (await this.#options.client.call({ method: "GET", path })).status === 204;
  }

  /** The containers of all pods of this machine, as Podman lists them. */
  async list(filters: string): Promise<readonly Json[]> {
    const query = { all: true, filters };
    const call = { method: "GET", path: "/containers/json", query } as const;
    return listAt(await this.#options.client.must("list containers", call));
  }
}

/** Whether the engine holds that the container's process runs: one that is stopped does, too. */
function isUnderWay(state: Json | undefined): boolean {
  return valueAt(state, "Running") === true || textAt(state, "Status") === "stopping";
}

function isLost(state: Json | undefined): boolean {
  const pid = numberAt(state, "Pid");
  return pid > 0 && identify(pid) === undefined;
}

function exit(exitCode: number, outOfMemory: boolean, finishedAtMs: number): ContainerExit {
  // By the custom of shells, a code above 128 stands for a signal.
  const signal = exitCode > 128 && exitCode < 128 + 65 ? { signal: exitCode - 128 } : {};
  return { exitCode, outOfMemory, finishedAtMs, ...signal };
}

/** The exit of a container of which nothing is left. */
export function lostExit(): ContainerExit {
  return exit(lostExitCode, false, Date.now());
}

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import type { ContainerPlan, FilePlan, PodPlan } from "@beemesh/ports";
import { isJsonObject, parseJson } from "@beemesh/wire";
import { textAt } from "./answer.ts";
import { run } from "./command.ts";
import { unmountUnder } from "./mounts.ts";
import { hostsFile, resolverFile } from "./name-files.ts";
import { bindSubPath, resolveSubPath } from "./sub-path.ts";
import { prepareVolume, replaceFiles } from "./volume.ts";

/** What is mounted in a container. */
export interface BindMount {
  readonly volume: string;
  readonly source: string;
  readonly destination: string;
  readonly readOnly: boolean;
}

/** The plan as it is kept on disk, with the address that was given to the pod. */
export type KeptPlan = PodPlan & { readonly ip: string };

/** What names a pod or a container becomes part of paths and of the engine's names. */
const uidPattern = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/u;
const containerPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u;

/** Plans with many small files stay below this; Kubernetes allows 1 MiB for each map of files. */
const planLimits = { lengthMax: 64 * 1024 * 1024, depthMax: 16 };

/** The folder that holds what is one pod's own: plan, namespaces, volumes, logs. */
export class PodFolder {
  readonly path: string;
  readonly #canMount: boolean;

  /** Throws BeeError `pod-unknown` for a uid that cannot be the name of a folder. */
  constructor(pods: string, uid: string, canMount: boolean) {
    if (!uidPattern.test(uid)) {
      throw new BeeError("pod-unknown", "Cannot use pod: its uid is malformed", { facts: { uid } });
    }
    this.path = join(pods, uid);
    this.#canMount = canMount;
  }

  get namespaces(): string {
    return join(this.path, "namespaces");
  }

  /** The log of one attempt of a container. */
  logPath(container: string, attempt: number): string {
    return join(this.path, "logs", `${checkedContainer(container)}.${attempt}.log`);
  }

  /** What one attempt of a container writes about its end. */
  lastWordsPath(container: string, attempt: number): string {
    return join(this.path, "logs", `${checkedContainer(container)}.${attempt}.termination`);
  }

  /** Whether nothing of the pod will run any more. */
  get isRetired(): boolean {
    return existsSync(join(this.path, "retired"));
  }

  setRetired(isRetired: boolean): void {
    if (isRetired) this.write("retired", "");
    else rmSync(join(this.path, "retired"), { force: true });
  }

  /** Keeps the plan and makes the volumes. */
  async make(plan: KeptPlan): Promise<void> {
    mkdirSync(join(this.path, "logs"), { recursive: true, mode: 0o700 });
    this.write("plan.json", JSON.stringify(plan));
    this.write("hosts", hostsFile(plan, plan.ip));
    this.write("hostname", `${plan.hostname}\n`);
    this.write("resolv.conf", resolverFile(plan.resolver));
    await this.prepareVolumes(plan);
  }

  /** Makes what a reboot may have taken away, such as memory. */
  async prepareVolumes(plan: PodPlan): Promise<ReadonlyMap<string, string>> {
    const sources = plan.volumes.map(async (volume): Promise<[string, string]> => {
      const home = join(this.path, "volumes", checkedContainer(volume.name));
      return [volume.name, await prepareVolume(volume, home, this.#canMount)];
    });
    return new Map(await Promise.all(sources));
  }

  /** Writes files of a volume anew; nothing if the pod was made without it. */
  writeFiles(volume: string, files: readonly FilePlan[]): void {
    const home = join(this.path, "volumes", checkedContainer(volume));
    if (!existsSync(home)) return;
    const plan = this.plan()?.volumes.find(({ name }) => name === volume);
    replaceFiles(files, home, plan?.kind === "files" ? plan.group : undefined);
  }

  /** The plan that was kept; undefined if there is none that can be read. */
  plan(): KeptPlan | undefined {
    const path = join(this.path, "plan.json");
    if (!existsSync(path)) return undefined;
    const plan = parseJson(readFileSync(path, "utf8"), planLimits);
    if (!isJsonObject(plan) || textAt(plan, "uid") === "" || textAt(plan, "ip") === "") {
      return undefined;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `make` alone
    return plan as unknown as KeptPlan;
  }

  /** What the container mounts, sub-paths bound or resolved. */
  async mounts(plan: PodPlan, container: ContainerPlan): Promise<BindMount[]> {
    const sources = await this.prepareVolumes(plan);
    const mounts = container.mounts.map(async (mount, index): Promise<BindMount> => {
      const volume = sources.get(mount.volume);
      if (volume === undefined) {
        const message = `Cannot mount volume ${mount.volume}: the pod has none of this name`;
        throw new BeeError("start-failed", message);
      }
      const kept = { volume: mount.volume, destination: mount.path, readOnly: mount.readOnly };
      if (!mount.subPath) return { ...kept, source: volume };
      const from = { volume, subPath: mount.subPath };
      if (!this.#canMount) return { ...kept, source: resolveSubPath(from) };
      const target = join(this.path, "sub-paths", checkedContainer(container.name), `${index}`);
      await unmountUnder(target);
      await bindSubPath(from, target);
      return { ...kept, source: target };
    });
    return Promise.all(mounts);
  }

  /** Unmounts and removes everything. */
  async remove(): Promise<void> {
    await unmountUnder(this.path);
    // An immutable or busy file would otherwise stop us half-way without a word.
    if (existsSync(this.path)) await run("rm", ["-rf", "--one-file-system", this.path]);
  }

  /** Writes a small file, whole or not at all. */
  write(name: string, text: string): void {
    const path = join(this.path, name);
    writeFileSync(`${path}.new`, text, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  }

  /** Removes the logs of attempts that nobody can ask for any more. */
  forgetLogs(container: string, attemptMax: number): void {
    for (const name of readdirSync(join(this.path, "logs"))) {
      const [of, attempt] = name.split(".");
      if (of === container && Number(attempt) <= attemptMax) {
        rmSync(join(this.path, "logs", name), { force: true });
      }
    }
  }
}

/** Throws BeeError `container-unknown` for a name that cannot be part of a path. */
export function checkedContainer(name: string): string {
  if (containerPattern.test(name)) return name;
  const message = "Cannot use container or volume: its name is no DNS label";
  throw new BeeError("container-unknown", message, { facts: { name } });
}

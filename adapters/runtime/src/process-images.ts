import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import type { ContainerPlan, Runtime } from "@beemesh/ports";
import { type Json, parseJson } from "@beemesh/wire";
import { listAt, numberAt, textAt, valueAt } from "./answer.ts";
import { run } from "./command.ts";
import type { ImageSource } from "./image-source.ts";

/** An image for the process driver: how to start it, and a folder to start it in. */
export interface ProcessImage {
  readonly id: string;
  readonly rootfs: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
}

/** Images as folders: `<encoded name>/config.json` and `<encoded name>/rootfs`. */
export class ProcessImages {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  async list(): ReturnType<Runtime["images"]> {
    return readdirSync(this.#folder)
      .filter((name) => existsSync(join(this.#folder, name, "config.json")))
      .map((name) => ({
        names: [decodeURIComponent(name)],
        sizeBytes: numberAt(this.#config(decodeURIComponent(name)), "sizeBytes"),
      }));
  }

  /** Throws BeeError `image-missing` or `image-pull-failed`: there is no registry for folders. */
  find({ image, pull }: Pick<ContainerPlan, "image" | "pull">): ProcessImage {
    const config = this.#config(image);
    if (config === undefined || pull === "Always") {
      const code = pull === "Never" ? "image-missing" : "image-pull-failed";
      const state = "processes are not pulled from a registry; import it, or install Podman";
      throw new BeeError(code, `Cannot use image ${image}: ${state}`, { facts: { image } });
    }
    const env = Object.entries(valueAt(config, "env") ?? {}).map(([name, value]) => [
      name,
      String(value),
    ]);
    return {
      id: textAt(config, "id"),
      rootfs: join(this.#path(image), "rootfs"),
      entrypoint: listAt(config, "entrypoint").map(String),
      cmd: listAt(config, "cmd").map(String),
      env: Object.fromEntries(env),
      workingDir: textAt(config, "workingDir"),
    };
  }

  async import(source: ImageSource): Promise<void> {
    const { cmd = [], entrypoint, env = {}, name, tarPath, workingDir = "" } = source;
    const path = this.#path(name);
    const aside = `${path}.new`;
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(join(aside, "rootfs"), { recursive: true });
    await run("tar", ["-C", join(aside, "rootfs"), "-xf", tarPath]);
    const { mtimeMs, size: sizeBytes } = statSync(tarPath);
    const id = `${name}@${Math.round(mtimeMs)}`;
    const config = { id, entrypoint, cmd, env, workingDir, sizeBytes };
    writeFileSync(join(aside, "config.json"), JSON.stringify(config));
    // A pod that runs from the old folder keeps what it has open.
    rmSync(path, { recursive: true, force: true });
    renameSync(aside, path);
  }

  #config(name: string): Json | undefined {
    const path = join(this.#path(name), "config.json");
    return existsSync(path) ? parseJson(readFileSync(path, "utf8")) : undefined;
  }

  #path(name: string): string {
    return join(this.#folder, encodeURIComponent(name));
  }
}

import { createReadStream } from "node:fs";
import { BeeError } from "@beemesh/base";
import type { ContainerPlan, RegistryCredentials, Runtime } from "@beemesh/ports";
import { listAt, numberAt, textAt } from "./answer.ts";
import { type ImageSource, qualifiedName } from "./image-source.ts";
import { type LibpodClient, segment } from "./libpod-client.ts";

/** The images of a Podman store. */
export class PodmanImages {
  readonly #client: LibpodClient;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(client: LibpodClient) {
    this.#client = client;
  }

  async list(): ReturnType<Runtime["images"]> {
    const images = await this.#client.must("list images", { method: "GET", path: "/images/json" });
    return listAt(images).map((image) => ({
      names: listAt(image, "RepoTags").map(String),
      sizeBytes: numberAt(image, "Size"),
    }));
  }

  /**
   * Gets an image that is not there, or that must be the newest.
   *
   * @returns The name under which it is there now.
   * @throws {BeeError} `image-missing` if it may not be pulled, `image-pull-failed` if it cannot.
   */
  async provide({
    image,
    pull,
    credentials = [],
  }: Pick<ContainerPlan, "image" | "pull" | "credentials">): Promise<string> {
    const name = qualifiedName(image);
    if (pull !== "Always" && (await this.has(name))) return name;
    if (pull === "Never") {
      const message = `Cannot use image ${image}: it is not here and its policy is never to pull`;
      throw new BeeError("image-missing", message, { facts: { image } });
    }
    // Several containers may want the same image at the same time: one pull serves all that may.
    const key = JSON.stringify([name, credentials]);
    const pulling = this.#pulls.get(key) ?? this.#pullBy(name, credentials);
    this.#pulls.set(key, pulling);
    await pulling.finally(() => this.#pulls.delete(key));
    return name;
  }

  /** Pulls with the first of the credentials that the registry takes. */
  async #pullBy(name: string, credentials: readonly RegistryCredentials[]): Promise<void> {
    const [first, ...others] = credentials;
    try {
      await this.#pull(name, first);
    } catch (error) {
      if (others.length === 0) throw error;
      await this.#pullBy(name, others);
    }
  }

  async import(source: ImageSource): Promise<void> {
    const env = Object.entries(source.env ?? {});
    const changes = [
      `ENTRYPOINT ${JSON.stringify(source.entrypoint)}`,
      ...(source.cmd === undefined ? [] : [`CMD ${JSON.stringify(source.cmd)}`]),
      ...env.map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
      ...(source.workingDir === undefined ? [] : [`WORKDIR ${source.workingDir}`]),
    ];
    await this.#client.must(`import image ${source.name}`, {
      method: "POST",
      path: "/images/import",
      query: { reference: source.name, changes },
      body: createReadStream(source.tarPath),
    });
  }

  /** The user that the image says its programs run as; empty for root. */
  async userOf(name: string): Promise<string> {
    const call = { method: "GET", path: `/images/${segment(name)}/json` } as const;
    return textAt(await this.#client.must("look at image", call), "Config", "User");
  }

  /** Whether the engine knows an image by this name, which may be a short one. */
  async has(name: string): Promise<boolean> {
    const path = `/images/${segment(name)}/exists`;
    return (await this.#client.call({ method: "GET", path })).status === 204;
  }

  async #pull(name: string, credentials: RegistryCredentials | undefined): Promise<void> {
    const failed = (reason: string): BeeError =>
      new BeeError("image-pull-failed", `Cannot pull image ${name}: ${reason}`, {
        facts: { image: name },
      });
    const answer = await this.#client.lines({
      method: "POST",
      path: "/images/pull",
      query: { reference: name, policy: "always" },
      ...(credentials && { headers: { "x-registry-auth": authOf(credentials) } }),
    });
    let reason = "";
    let id = "";
    for await (const line of answer.values) {
      reason = textAt(line, "error") || reason;
      id = textAt(line, "id") || id;
    }
    if (id === "") throw failed(reason || "the engine gave no reason");
  }
}

/** As the engine wants it: base64 for addresses, with its padding. */
function authOf({ username, password }: RegistryCredentials): string {
  const text = Buffer.from(JSON.stringify({ username, password })).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

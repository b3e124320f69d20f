/** Real kubectl against a machine of the stage. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import { at, type StageMachine } from "./stage.test.ts";

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** kubectl of one version, on one machine. */
export class Client {
  readonly #config: string;
  readonly #path: string;

  constructor(machine: StageMachine, path: string) {
    this.#path = path;
    this.#config = join(machine.home.data, "kubeconfig");
    writeFileSync(this.#config, machine.kubeconfig, { mode: 0o600 });
  }

  /** Runs a command to its end, with a manifest on its standard input. */
  run(args: string, manifest?: Json): Promise<Outcome> {
    return new Promise((resolve) => {
      const config = ["--kubeconfig", this.#config, "--cache-dir", `${this.#config}.cache`];
      const child = execFile(
        this.#path,
        [...config, ...args.split(" ")],
        { timeout: 60_000 },
        (error, stdout, stderr) =>
          resolve({
            code: error === null ? 0 : Number(error.code ?? 255),
            output: stdout + stderr,
          }),
      );
      child.stdin?.end(manifest === undefined ? "" : JSON.stringify(manifest));
    });
  }

  /** Runs what must succeed. */
  async done(args: string, manifest?: Json): Promise<string> {
    const { code, output } = await this.run(args, manifest);
    assert.equal(code, 0, `kubectl ${args}: ${output}`);
    return output;
  }

  /** Whether this version knows a flag of a command. */
  async knows(command: string, flag: string): Promise<boolean> {
    return (await this.run(`${command} --help`)).output.includes(flag);
  }

  async object(name: string): Promise<JsonObject> {
    // Older ones show who owns fields without being asked.
    const flag = "--show-managed-fields";
    const isAsked = await this.knows("get", flag);
    const text = await this.done(`get ${name} -o json${isAsked ? ` ${flag}` : ""}`);
    const object = parseJson(text);
    assert(isJsonObject(object), text);
    return object;
  }

  /** Who owns fields of an object: the names of managers, and how they write. */
  async managers(name: string): Promise<readonly string[]> {
    const entries = at(await this.object(name), "metadata", "managedFields");
    return (Array.isArray(entries) ? entries : []).map((entry: Json) =>
      ["manager", "operation", "subresource"]
        .map((member) => at(entry, member))
        .filter((part) => typeof part === "string")
        .join(" "),
    );
  }
}

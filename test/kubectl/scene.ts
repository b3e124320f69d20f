/**
 * What a case is played with: kubectl of one version, which asks one machine, and eyes on another
 * machine.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client as ApiClient } from "../../apps/dev/src/index.ts";
import { groupPath, resources } from "../../core/model/src/index.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../core/wire/src/index.ts";
import { type Client, Going, type Manner, type Said, type Words } from "./client.ts";
import { type Likeness, unlike } from "./likeness.ts";

/** How long another machine may take to see what was done, in milliseconds: pods start in it. */
const seeMsMax = 45_000;

/** How long to wait between two looks, at first and in the end: each look costs a connection. */
const lookMsMin = 20;
const lookMsMax = 320;

/** The image whose pods have a shell, and serve a page on port 8080 unless told otherwise. */
export const image = "localhost/beemesh-hello:1";

/** Where a case is played. */
export interface Place {
  readonly client: Client;
  /** The namespace of this client alone. */
  readonly namespace: string;
  /** A folder of this client alone. */
  readonly folder: string;
  /** The configuration by which kubectl asks its machine, and who that is. */
  readonly kubeconfig: string;
  /** The machine that kubectl asks. */
  readonly near: ApiClient;
  /** The machine that is looked at. */
  readonly far: ApiClient;
  /** Names of all machines; the first is the one that kubectl asks. */
  readonly machines: readonly string[];
}

export class Scene {
  readonly client: Client;
  readonly namespace: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly machines: readonly string[];
  readonly #place: Place;
  readonly #going: Going[] = [];

  constructor(place: Place) {
    this.#place = place;
    this.client = place.client;
    this.namespace = place.namespace;
    this.folder = place.folder;
    this.kubeconfig = place.kubeconfig;
    this.machines = place.machines;
  }

  /** What each command is given besides its own words. */
  get common(): readonly string[] {
    const { kubeconfig, namespace, folder } = this.#place;
    const cache = join(folder, "cache");
    return ["--kubeconfig", kubeconfig, "--cache-dir", cache, "--namespace", namespace];
  }

  run(words: Words, manner: Manner = {}): Promise<Said> {
    return this.client.run(words, this.common, manner);
  }

  /** Runs what must succeed; gives what it printed. */
  async ok(words: Words, manner: Manner = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(words, manner);
    assert.equal(code, 0, `kubectl ${said(words)}: exit code ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs what must succeed and print something. */
  async prints(words: Words, pattern: RegExp, manner: Manner = {}): Promise<string> {
    const text = await this.ok(words, manner);
    assert(pattern.test(text), `kubectl ${said(words)}: not ${pattern}: ${text}`);
    return text;
  }

  /** Runs what must fail with this exit code and these words. */
  async fails(words: Words, pattern: RegExp, { code = 1, ...manner }: Failing = {}): Promise<void> {
    const outcome = await this.run(words, manner);
    const text = outcome.stdout + outcome.stderr;
    assert.equal(outcome.code, code, `kubectl ${said(words)}: ${text}`);
    assert(pattern.test(text), `kubectl ${said(words)}: not ${pattern}: ${text}`);
  }

  /** Starts what goes on; it is ended with the case. */
  start(words: Words, manner: Manner = {}): Going {
    const going = this.client.start(words, this.common, manner);
    this.#going.push(going);
    return going;
  }

  /** Starts another program that goes on, such as one that gives kubectl a terminal. */
  startProgram(program: string, argv: readonly string[]): Going {
    const going = new Going(spawn(program, argv, { stdio: "pipe" }));
    this.#going.push(going);
    return going;
  }

  /** Applies objects of this client's namespace. */
  async apply(...objects: readonly JsonObject[]): Promise<void> {
    await this.ok("apply -f -", { input: manifest(...objects) });
  }

  /** Looks on the other machine until the object (`deployments.apps/web`) is as expected. */
  sees(name: string, expected: Likeness): Promise<JsonObject> {
    return this.#see(name, (body) => unlike(body, expected));
  }

  /** Looks on the other machine until the object fits. */
  until(name: string, fits: (seen: JsonObject) => boolean): Promise<JsonObject> {
    return this.#see(name, (body) => (fits(body) ? "" : "it does not fit"));
  }

  /** Looks on the other machine until the object is not there. */
  async seesNo(name: string): Promise<void> {
    await this.sees(name, { kind: "Status", code: 404 });
  }

  /** Looks on the other machine until so many objects are there (`pods?labelSelector=app=web`). */
  async seesCount(list: string, count: number): Promise<readonly JsonObject[]> {
    const { items } = await this.#see(list, (body) => {
      const names = itemsOf(body).map((each) => JSON.stringify(at(each, "metadata", "name")));
      return names.length === count ? "" : `there are ${names.join()}, not ${count}`;
    });
    return itemsOf({ items: items ?? [] });
  }

  /** Looks, less and less often, until nothing is wrong; says what was if that never comes. */
  async #see(name: string, wrong: (body: JsonObject) => string): Promise<JsonObject> {
    const path = this.pathOf(name);
    const deadline = performance.now() + seeMsMax;
    for (let pauseMs = lookMsMin; ; pauseMs = Math.min(2 * pauseMs, lookMsMax)) {
      const { body } = await this.#place.far.call("GET", path);
      const difference = wrong(body);
      if (difference === "") return body;
      const isLate = performance.now() > deadline;
      assert(!isLate, `the other machine's ${name}: ${difference}`);
      await sleep(pauseMs);
    }
  }

  /** What the other machine answers to a path. */
  async far(path: string): Promise<Json> {
    return (await this.#place.far.call("GET", path)).body;
  }

  /** The path of `configmaps/name`, `deployments.apps/name` or `pods?…` in the namespace. */
  pathOf(name: string): string {
    const [, noun = "", rest = ""] = /^([^/?]+)(.*)$/u.exec(name) ?? [];
    const [plural = "", ...group] = noun.split(".");
    const found = resources.find((each) => each.name === plural && each.group === group.join("."));
    assert(found, `there is a resource ${noun}`);
    const scope = found.namespaced ? `/namespaces/${this.namespace}` : "";
    return `${groupPath(found.group, found.version)}${scope}/${plural}${rest}`;
  }

  /** Writes a file of this client's folder; gives its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** A fresh key, a certificate of it that it signed itself, and a request for another one. */
  certificate(subject: string): Certificate {
    const key = join(this.folder, this.unique("key"));
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const subjected = [...made, "-keyout", key, "-subj", subject];
    openssl("req", "-x509", ...subjected, "-days", "1", "-out", `${key}.crt`);
    const request = openssl("req", "-new", "-key", key, "-subj", subject);
    return { key, cert: `${key}.crt`, request };
  }

  /** A name that nobody else has, for what has no namespace. */
  unique(name: string): string {
    return `${name}-${this.client.minor}-${randomUUID().slice(0, 6)}`;
  }

  /** Ends what goes on. */
  async close(): Promise<void> {
    await Promise.all(this.#going.map((going) => going.kill()));
  }
}

/** Files of a key and its certificate, and a request as text. */
interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly request: string;
}

function openssl(...argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("openssl", argv, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

type Failing = Manner & { readonly code?: number };

function said(words: Words): string {
  return typeof words === "string" ? words : words.join(" ");
}

/** Objects as kubectl reads them. */
export function manifest(...items: readonly JsonObject[]): string {
  const [only] = items;
  return JSON.stringify(
    items.length === 1 && only !== undefined ? only : { apiVersion: "v1", kind: "List", items },
  );
}

function itemsOf({ items }: JsonObject): readonly JsonObject[] {
  return Array.isArray(items) ? items.filter(isJsonObject) : [];
}

/** What stands at a path of members. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const member of path) found = isJsonObject(found) ? found[member] : undefined;
  return found;
}

/** The text at a path of members. */
export function textAt(value: Json | undefined, ...path: readonly string[]): string {
  const found = at(value, ...path);
  assert(typeof found === "string", `there is a text at ${path.join(".")}`);
  return found;
}

/** The JSON that kubectl printed. */
export function read(text: string): Json {
  const parsed = parseJson(text, { lengthMax: 1 << 26, depthMax: 64 });
  assert(parsed !== undefined, `not JSON: ${text.slice(0, 200)}`);
  return parsed;
}

/** What a test of one name has: a machine's API, a namespace of its own, and words for both. */
import assert from "node:assert/strict";
import { until as untilFound } from "../../apps/dev/src/index.ts";
import type { Json, JsonObject } from "../../core/wire/src/index.ts";
import {
  type Answer,
  at,
  type Client,
  listAt,
  nameOf,
  patienceMs,
  textAt,
  type Watch,
} from "./client.ts";
import { type Mesh } from "./mesh.ts";
import { pathOf, type ResourceName } from "./resource.ts";

/** How a patch is written. */
const patchTypes = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** What a request fails with. */
export interface Failure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** The field of each cause. */
  readonly fields: readonly string[];
}

/** The world of one test. */
export class World {
  readonly client: Client;
  readonly mesh: Mesh;
  readonly namespace: string;
  readonly #removals: (() => Promise<unknown>)[] = [];

  constructor(mesh: Mesh, namespace: string) {
    this.mesh = mesh;
    this.client = mesh.client;
    this.namespace = namespace;
  }

  /** The path of a collection in the test's namespace, or of the whole mesh; or of one in it. */
  path(resource: ResourceName, ...rest: readonly string[]): string {
    return [pathOf(resource, this.namespace), ...rest].join("/");
  }

  /** A name that no other test takes, for what stands in no namespace. */
  unique(name: string): string {
    return `${name}-${this.namespace}`;
  }

  /** Sends a request that must be granted. */
  async ok(line: string, body?: Json, contentType = "application/json"): Promise<JsonObject> {
    const answer = await this.client.send(line, body, { contentType });
    assert(answer.status >= 200 && answer.status < 300, `${line}: ${said(answer)}`);
    return answer.body;
  }

  /** Sends a request that must be refused. */
  async refused(line: string, body?: Json, contentType = "application/json"): Promise<Failure> {
    const answer = await this.client.send(line, body, { contentType });
    assert(answer.status >= 400, `${line}: ${said(answer)}`);
    assert.equal(answer.body["kind"], "Status", said(answer));
    return {
      code: answer.status,
      reason: textAt(answer.body, "reason"),
      message: textAt(answer.body, "message"),
      fields: listAt(answer.body, "details", "causes").map((cause) => textAt(cause, "field")),
    };
  }

  create(resource: ResourceName, body: JsonObject): Promise<JsonObject> {
    return this.ok(`POST ${this.path(resource)}`, body);
  }

  get(resource: ResourceName, name: string): Promise<JsonObject> {
    return this.ok(`GET ${this.path(resource, name)}`);
  }

  async list(resource: ResourceName, query = ""): Promise<readonly JsonObject[]> {
    return listAt(await this.ok(`GET ${this.path(resource)}${query}`), "items");
  }

  /** Changes an object by a patch; what it becomes. */
  patch(
    resource: ResourceName,
    name: string,
    body: Json,
    type: keyof typeof patchTypes = "merge",
  ): Promise<JsonObject> {
    return this.ok(`PATCH ${this.path(resource, name)}`, body, patchTypes[type]);
  }

  /** Writes an object anew, as a client does that takes a lost race for a reason to try again. */
  async update(
    resource: ResourceName,
    name: string,
    change: (object: JsonObject) => JsonObject,
  ): Promise<JsonObject> {
    for (;;) {
      const changed = change(await this.get(resource, name));
      const [object = ""] = name.split("/");
      assert.equal(nameOf(changed), object);
      const answer = await this.client.send(`PUT ${this.path(resource, name)}`, changed);
      if (answer.status === 200) return answer.body;
      assert.equal(answer.status, 409, said(answer));
    }
  }

  /** Deletes an object, and waits until it is gone. */
  async remove(resource: ResourceName, name: string, options?: JsonObject): Promise<void> {
    await this.ok(`DELETE ${this.path(resource, name)}`, options);
    await this.untilGone(resource, name);
  }

  untilGone(resource: ResourceName, name: string): Promise<void> {
    return this.until(`${resource} ${name} gone`, async () => {
      const { status } = await this.client.send(`GET ${this.path(resource, name)}`);
      return status === 404;
    });
  }

  /** Waits until an object fits. */
  async untilSeen(
    resource: ResourceName,
    name: string,
    fits: (object: JsonObject) => boolean,
  ): Promise<JsonObject> {
    let last: JsonObject = {};
    await this.until(
      () => `${resource} ${name} as it should be; it is ${JSON.stringify(last)}`,
      async () => {
        last = await this.get(resource, name);
        return fits(last);
      },
    );
    return last;
  }

  watch(resource: ResourceName, query = ""): Promise<Watch> {
    return this.client.watch(`${this.path(resource)}${query}`).then((watch) => {
      this.#removals.push(async () => watch.close());
      return watch;
    });
  }

  /** Waits until something holds. */
  async until(
    what: string | (() => string),
    holds: () => Promise<boolean>,
    withinMs = patienceMs,
  ): Promise<void> {
    try {
      await untilFound("it", withinMs, async () => ((await holds()) ? true : undefined));
    } catch (cause) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`Waited too long for ${text}`, { cause });
    }
  }

  /** Remembers to remove something that stands in no namespace. */
  atEnd(remove: () => Promise<unknown>): void {
    this.#removals.push(remove);
  }

  /** Removes what the test has left. */
  async close(): Promise<void> {
    for (const remove of this.#removals.toReversed()) await remove().catch(() => undefined);
    await this.client.send(`DELETE /api/v1/namespaces/${this.namespace}`);
  }
}

/** What an answer says, for a message. */
export function said({ status, text }: Answer): string {
  return `${status} ${text.slice(0, 2000)}`;
}

/** The condition of a type: its status; empty if there is none. */
export function conditionOf(object: Json | undefined, type: string): string {
  const found = listAt(object, "status", "conditions").find((each) => each["type"] === type);
  return textAt(found, "status");
}

/** A number at a path of an object's status; 0 if there is none. */
export function countOf(object: Json | undefined, ...path: readonly string[]): number {
  return Number(at(object, "status", ...path) ?? 0);
}

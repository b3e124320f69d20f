import { findResource, type KubeObject } from "@beemesh/model";
import type { FinalReply } from "@beemesh/ports";
import {
  entryKey,
  isJsonObject,
  type Json,
  type JsonObject,
  type PeerId,
  type Stamp,
} from "@beemesh/wire";
import { Preconditions } from "../checkers/preconditions.ts";
import {
  type ClientWrite,
  clientFields,
  fieldAnnotation,
  Promises,
  writeAnnotation,
} from "../checkers/promises.ts";
import type { Mesh, MeshRequest } from "../mesh.ts";
import type { NodeEffect } from "../node.ts";

const collection = "deployments.apps/default";
const path = "apis/apps/v1/namespaces/default/deployments";

/** What a client wants of a Deployment. */
type Wish = Pick<ClientWrite, "name" | "kind" | "sets"> & {
  /** The version that it replaces, and no other. */
  readonly base?: Stamp;
};

/** A write that a client has asked for. */
interface Request extends Wish {
  readonly number: number;
  readonly askedMs: number;
  /** What became of it: more than one if it was done more than once. */
  readonly writes: ClientWrite[];
}

/**
 * A person with kubectl, who writes Deployments at one machine or another and remembers it. Who
 * decides a write is for the machines to say.
 */
export class Client {
  readonly promises = new Promises();
  readonly preconditions = new Preconditions();
  readonly #mesh: Mesh;
  readonly #requests = new Map<string, Request>();
  /** Requests whose answer waits until the write is held, by machine, life and ticket. */
  readonly #waiting = new Map<string, Request>();
  /** Acknowledgements of writes whose requests are not answered yet. */
  readonly #early = new Set<string>();
  #writes = 0;

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** Names of the Deployments that a machine shows. */
  names(at: PeerId): readonly string[] {
    return this.#shown(at).map(({ metadata }) => metadata.name);
  }

  #shown(at: PeerId): readonly KubeObject[] {
    const deployments = findResource("apps", "deployments");
    if (deployments === undefined) return [];
    return this.#mesh.world.node(at).objects.list(deployments, "default").items;
  }

  /** Asks for a Deployment; says whether somebody was there to be asked. */
  create(at: PeerId, name: string, replicas: number): boolean {
    const wish = { name, kind: "put", sets: { replicas, image: firstImage } } as const;
    const metadata = { annotations: this.#marks(wish) };
    const body = deploymentOf(name, replicas, metadata);
    return this.#ask(at, wish, { method: "POST", path, body });
  }

  /** Replaces the version that the machine shows by one with other replicas. */
  scale(at: PeerId, name: string, replicas: number): boolean {
    const read = this.#mesh.request(at, { method: "GET", path: `${path}/${name}` });
    const base = this.#stampOf(at, name);
    if (read?.status !== 200 || !isJsonObject(read.body) || base === undefined) return false;
    const { metadata, spec } = read.body;
    if (!isJsonObject(metadata) || !isJsonObject(spec)) return false;
    // Who says what is there already changes nothing.
    const sets = spec["replicas"] === replicas ? {} : { replicas };
    const wish = { name, kind: "put", sets, base } as const;
    const known = isJsonObject(metadata["annotations"]) ? metadata["annotations"] : {};
    const annotations = { ...known, ...this.#marks(wish) };
    const body = {
      ...read.body,
      metadata: { ...metadata, annotations },
      spec: { ...spec, replicas },
    };
    return this.#ask(at, wish, { method: "PUT", path: `${path}/${name}`, body });
  }

  /** Asks for another image: a rollout. */
  rollOut(at: PeerId, name: string): boolean {
    const image = `image-${this.#writes + 1}`;
    const containers = [{ name: "main", image }];
    return this.#patch(at, name, { image }, { spec: { template: { spec: { containers } } } });
  }

  /** Changes a label, which no controller looks at. */
  paint(at: PeerId, name: string, colour: string): boolean {
    return this.#patch(at, name, { colour }, { metadata: { labels: { colour } } });
  }

  /** Changes how long a pod is watched before it counts, which no pod is replaced for. */
  slow(at: PeerId, name: string, minReadySeconds: number): boolean {
    return this.#patch(at, name, { minReadySeconds }, { spec: { minReadySeconds } });
  }

  remove(at: PeerId, name: string): boolean {
    this.#writes += 1;
    const wish = { name, kind: "delete", sets: {} } as const;
    return this.#ask(at, wish, { method: "DELETE", path: `${path}/${name}` });
  }

  /** Sees what a machine does, and so what comes of what was asked. */
  see(at: PeerId, effect: NodeEffect): void {
    if (effect.kind === "written") this.#written(effect);
    if (effect.kind === "reply" && effect.outcome.kind === "replied") {
      this.#replied(at, effect.id, effect.outcome.reply);
    }
    if (effect.kind !== "acknowledged" || effect.holders * 2 <= effect.of) return;
    const key = this.#keyOf(at, effect.ticket);
    const request = this.#waiting.get(key);
    // Where one machine alone keeps it, the answer is there before the reply.
    if (request === undefined) this.#early.add(key);
    else this.#done(request);
  }

  #written({ id, stamp, uid }: Extract<NodeEffect, { kind: "written" }>): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    const { name, number, kind, sets, writes } = request;
    const write = { name, number, kind, sets, stamp, uid, isAcknowledged: false };
    writes.push(write);
    this.promises.add(write);
  }

  #replied(at: PeerId, id: string, reply: FinalReply): void {
    const request = this.#requests.get(id);
    if (request === undefined || reply.kind !== "json" || reply.status >= 300) return;
    // Who was warned was promised nothing.
    if ((reply.warnings ?? []).length > 0) return;
    const key = reply.ticket === undefined ? "" : this.#keyOf(at, reply.ticket);
    if (key === "" || this.#early.has(key)) this.#done(request);
    else this.#waiting.set(key, request);
  }

  #done({ writes, name, number, base, askedMs }: Request): void {
    for (const write of writes) write.isAcknowledged = true;
    const toldMs = this.#mesh.world.nowMs;
    if (base !== undefined) this.preconditions.add({ name, number, base, askedMs, toldMs });
  }

  #patch(at: PeerId, name: string, sets: ClientWrite["sets"], change: JsonObject): boolean {
    const wish = { name, kind: "put", sets } as const;
    const { metadata } = change;
    const marked = { ...(isJsonObject(metadata) ? metadata : {}), annotations: this.#marks(wish) };
    const body = { ...change, metadata: marked };
    return this.#ask(at, wish, { method: "PATCH", path: `${path}/${name}`, body });
  }

  /** Begins a write: its number, and of what it sets that it was the last. */
  #marks({ sets }: Wish): JsonObject {
    this.#writes += 1;
    const number = String(this.#writes);
    const fields = clientFields.filter((field) => sets[field] !== undefined);
    const marks = fields.map((field) => [fieldAnnotation(field), number]);
    return { [writeAnnotation]: number, ...Object.fromEntries(marks) };
  }

  #ask(at: PeerId, wish: Wish, asked: MeshRequest): boolean {
    const askedMs = this.#mesh.world.nowMs;
    const request: Request = { ...wish, number: this.#writes, askedMs, writes: [] };
    return this.#mesh.write(at, asked, (id) => this.#requests.set(id, request));
  }

  #keyOf(at: PeerId, ticket: number): string {
    return `${at} ${this.#mesh.world.boots(at)} ${ticket}`;
  }

  /** The stamp of the newest version on a machine's disk. */
  #stampOf(at: PeerId, name: string): Stamp | undefined {
    return this.#mesh.world.disk(at).get(entryKey({ collection, name, part: "spec" }))?.stamp;
  }
}

/** The image that a Deployment begins with. */
const firstImage = "image-0";

/** A Deployment as a client writes it. */
export function deploymentOf(
  name: string,
  replicas: number,
  metadata: { readonly annotations?: Json; readonly namespace?: string } = {},
): Json {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, ...metadata },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "main", image: firstImage }] },
      },
    },
  };
}

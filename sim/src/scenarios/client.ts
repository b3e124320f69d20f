import { findResource, type KubeObject } from "@beemesh/model";
import { entryKey, isJsonObject, type Json, type PeerId, type Stamp } from "@beemesh/wire";
import {
  type ClientWrite,
  clientFields,
  fieldAnnotation,
  Promises,
  writeAnnotation,
} from "../checkers/promises.ts";
import type { Mesh, MeshReply } from "../mesh.ts";

const collection = "deployments.apps/default";
const path = "apis/apps/v1/namespaces/default/deployments";

/** A person with kubectl, who writes Deployments at one machine or another and remembers it. */
export class Client {
  readonly promises = new Promises();
  readonly #mesh: Mesh;
  /** Writes that nobody has acknowledged yet, by machine, life and ticket. */
  readonly #waiting = new Map<string, ClientWrite>();
  /** Acknowledgements of writes that have not been noted yet. */
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

  #replicasAt(at: PeerId, name: string): Json | undefined {
    const found = this.#shown(at).find(({ metadata }) => metadata.name === name);
    return isJsonObject(found?.spec) ? found.spec["replicas"] : undefined;
  }

  create(at: PeerId, name: string, replicas: number): boolean {
    return this.#put(at, name, { replicas, image: firstImage }, (metadata) => ({
      method: "POST",
      path,
      body: deploymentOf(name, replicas, metadata),
    }));
  }

  scale(at: PeerId, name: string, replicas: number): boolean {
    // Who says what is there already changes nothing.
    const sets = this.#replicasAt(at, name) === replicas ? {} : { replicas };
    return this.#put(at, name, sets, (metadata) => ({
      method: "PATCH",
      path: `${path}/${name}`,
      body: { metadata, spec: { replicas } },
    }));
  }

  /** Asks for another image: a rollout. */
  rollOut(at: PeerId, name: string): boolean {
    const image = `image-${this.#writes + 1}`;
    const containers = [{ name: "main", image }];
    return this.#put(at, name, { image }, (metadata) => ({
      method: "PATCH",
      path: `${path}/${name}`,
      body: { metadata, spec: { template: { spec: { containers } } } },
    }));
  }

  /** Changes a label, which no controller looks at. */
  paint(at: PeerId, name: string, colour: string): boolean {
    return this.#put(at, name, { colour }, (metadata) => ({
      method: "PATCH",
      path: `${path}/${name}`,
      body: { metadata: { ...metadata, labels: { colour } } },
    }));
  }

  /** Changes how long a pod is watched before it counts, which no pod is replaced for. */
  slow(at: PeerId, name: string, minReadySeconds: number): boolean {
    return this.#put(at, name, { minReadySeconds }, (metadata) => ({
      method: "PATCH",
      path: `${path}/${name}`,
      body: { metadata, spec: { minReadySeconds } },
    }));
  }

  remove(at: PeerId, name: string): boolean {
    this.#writes += 1;
    const reply = this.#mesh.request(at, { method: "DELETE", path: `${path}/${name}` });
    return this.#note(at, reply, { name, kind: "delete", sets: {} });
  }

  /** Somebody has told how widely a write is held. */
  acknowledged(at: PeerId, ticket: number, holding: { holders: number; of: number }): void {
    if (holding.holders * 2 <= holding.of) return;
    const key = this.#keyOf(at, ticket);
    const write = this.#waiting.get(key);
    // Where one machine alone keeps it, the answer is there before the reply.
    if (write === undefined) this.#early.add(key);
    else write.isAcknowledged = true;
  }

  #put(
    at: PeerId,
    name: string,
    sets: ClientWrite["sets"],
    make: (metadata: { readonly annotations: Json }) => Parameters<Mesh["request"]>[1],
  ): boolean {
    this.#writes += 1;
    const number = String(this.#writes);
    const annotations: Record<string, string> = { [writeAnnotation]: number };
    for (const field of clientFields) {
      if (sets[field] !== undefined) annotations[fieldAnnotation(field)] = number;
    }
    const reply = this.#mesh.request(at, make({ annotations }));
    return this.#note(at, reply, { name, kind: "put", sets });
  }

  #note(
    at: PeerId,
    reply: MeshReply | undefined,
    wish: Pick<ClientWrite, "name" | "kind" | "sets">,
  ): boolean {
    const stamp = this.#stampOf(at, wish.name);
    if (reply === undefined || reply.status >= 300 || stamp === undefined) return false;
    const uid = uidOf(reply.body);
    const write = { ...wish, number: this.#writes, stamp, uid, isAcknowledged: false };
    this.promises.add(write);
    if (reply.ticket === undefined) return true;
    const key = this.#keyOf(at, reply.ticket);
    write.isAcknowledged = this.#early.has(key);
    this.#waiting.set(key, write);
    return true;
  }

  #keyOf(at: PeerId, ticket: number): string {
    return `${at} ${this.#mesh.world.boots(at)} ${ticket}`;
  }

  /** The stamp of the newest version on a machine's disk. */
  #stampOf(at: PeerId, name: string): Stamp | undefined {
    return this.#mesh.world.disk(at).get(entryKey({ collection, name, part: "spec" }))?.stamp;
  }
}

function uidOf(body: Json): string {
  const metadata = isJsonObject(body) ? body["metadata"] : undefined;
  const uid = isJsonObject(metadata) ? metadata["uid"] : undefined;
  return typeof uid === "string" ? uid : "";
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

/** A store in memory and the objects in it: what the directory is tried with. */
import {
  findResource,
  type KubeObject,
  type Resource,
  ResourceBook,
  resourceOfKind,
} from "@beemesh/model";
import type { Change, ObjectStore, Revision, Snapshot, WriteTicket } from "@beemesh/ports";
import type { PodFacts } from "@beemesh/workload";
import { Directory, type DirectoryOptions } from "./directory.ts";

type Labels = Readonly<Record<string, string>>;

/** The plainest store: whole objects, and listeners that are told at once. */
export class TestMesh implements ObjectStore {
  readonly resources = new ResourceBook();
  readonly changes: Change[] = [];
  readonly #objects = new Map<string, { resource: Resource; object: KubeObject }>();
  readonly #listeners = new Set<(change: Change) => void>();
  #revision = 0;

  get revision(): Revision {
    return String(this.#revision);
  }

  /** A directory of all that is here and comes; machine `m1` is peer `p1`, and so on. */
  directory(more: Partial<DirectoryOptions> = {}): Directory {
    return new Directory({
      objects: this,
      mesh: "mesh",
      peerOf: (machine) => machine.replace(/^m/u, "p"),
      mayAuthor: (peer) => peer !== "p9",
      ...more,
    });
  }

  /** Writes objects, whole, as they are. Returns the last change. */
  put(...objects: readonly KubeObject[]): Change {
    for (const object of objects) this.#put(object);
    const last = this.changes.at(-1);
    if (last === undefined) throw new Error("nothing was put");
    return last;
  }

  delete(object: KubeObject): Change {
    this.remove(kindOf(object), object.metadata.namespace ?? "", object.metadata.name);
    const last = this.changes.at(-1);
    if (last === undefined) throw new Error("nothing was deleted");
    return last;
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${resource.name}/${namespace}/${name}`)?.object;
  }

  list(wanted: Resource, namespace?: string): Snapshot {
    const items = [...this.#objects.values()]
      .filter(({ resource }) => resource === wanted)
      .map(({ object }) => object)
      .filter(({ metadata }) => !namespace || metadata.namespace === namespace);
    return { items, revision: this.revision };
  }

  changesSince(): readonly Change[] | undefined {
    return undefined;
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  putSpec(_: Resource, object: KubeObject): WriteTicket {
    this.#put(object);
    return { id: 0, object };
  }

  putStatus(_: Resource, object: KubeObject): WriteTicket {
    this.#put(object);
    return { id: 0, object };
  }

  remove(resource: Resource, namespace: string, name: string): WriteTicket | undefined {
    const object = this.get(resource, namespace, name);
    if (object === undefined) return undefined;
    this.#objects.delete(`${resource.name}/${namespace}/${name}`);
    this.#tell({ kind: "deleted", resource, object, revision: this.#next() });
    return { id: 0, object };
  }

  #put(object: KubeObject): void {
    const resource = kindOf(object);
    const { namespace = "", name } = object.metadata;
    const before = this.get(resource, namespace, name);
    this.#objects.set(`${resource.name}/${namespace}/${name}`, { resource, object });
    const revision = this.#next();
    if (before === undefined) this.#tell({ kind: "added", resource, object, revision });
    else this.#tell({ kind: "modified", resource, object, before, revision });
  }

  #next(): Revision {
    this.#revision += 1;
    return this.revision;
  }

  #tell(change: Change): void {
    this.changes.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}

function kindOf({ apiVersion, kind }: KubeObject): Resource {
  const resource = resourceOfKind(apiVersion, kind) ?? findResource("", "nodes");
  if (resource === undefined) throw new Error(`the API serves ${kind}`);
  return resource;
}

function at(path: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = ""] = path.split("/");
  return { namespace, name };
}

/** A Service `<namespace>/<name>`. */
export function serviceOf(path: string, spec: object): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { ...at(path), uid: `S-${path}` }, spec };
}

/** The slice of a Service with these endpoints, ready unless they say otherwise. */
export function sliceOf(
  service: string,
  ports: readonly object[],
  endpoints: readonly {
    readonly uid?: string;
    readonly ip: string;
    readonly hostname?: string;
    readonly conditions?: object;
  }[],
  name = `${at(service).name}-1`,
): KubeObject {
  const { namespace, name: serviceName } = at(service);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace, name, labels: { "kubernetes.io/service-name": serviceName } },
    ports,
    endpoints: endpoints.map(({ uid, ip, hostname, conditions = { ready: true } }) => ({
      addresses: [ip],
      conditions,
      ...(hostname === undefined ? {} : { hostname }),
      ...(uid === undefined ? {} : { targetRef: { kind: "Pod", uid } }),
    })),
  };
}

/** What a pod is made of beside its path. */
export interface PodText {
  readonly uid?: string;
  readonly ip?: string;
  readonly machine?: string;
  readonly labels?: Labels;
  readonly owner?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: object;
}

/** A pod `<namespace>/<name>` on machine `m1`, whose uid is `U-<name>` unless said. */
export function podOf(path: string, text: PodText = {}): KubeObject {
  const { namespace, name } = at(path);
  const { uid = `U-${name}`, ip, machine = "m1", labels = {}, owner } = text;
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: owner ?? "", controller: true },
  ];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace,
      name,
      uid,
      labels,
      ...(owner === undefined ? {} : { ownerReferences }),
      ...text.metadata,
    },
    spec: { nodeName: machine, containers: [], ...text.spec },
    status: { phase: "Running", ...(ip === undefined ? {} : { podIP: ip }), ...text.status },
  };
}

/** A NetworkPolicy `<namespace>/<name>`. */
export function policyOf(path: string, spec: object, annotations: Labels = {}): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...at(path), annotations },
    spec,
  };
}

export function namespaceOf(
  name: string,
  labels: Labels = {},
  annotations: Labels = {},
): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels, annotations } };
}

/** An ExternalWorkload `<namespace>/<name>` on machine `m2`, whose uid is `X-<name>`. */
export function programOf(path: string, spec: object = {}, ready = true): KubeObject {
  const { namespace, name } = at(path);
  return {
    apiVersion: "beemesh.io/v1",
    kind: "ExternalWorkload",
    metadata: { namespace, name, uid: `X-${name}`, labels: { app: name } },
    spec: { machine: "m2", ports: [{ name: "sql", port: 5432 }], ...spec },
    status: { ready },
  };
}

/** The facts of a pod as {@link podOf} makes it. */
export function factsOf(path: string): PodFacts {
  const { namespace, name } = at(path);
  const uid = `U-${name}`;
  return { uid, namespace, name, serviceAccount: "default", mesh: "mesh", machine: "m1" };
}

/**
 * The ports of this machine that lead into the mesh: NodePorts of Services and hostPorts of its own
 * pods. Whoever connects from the network comes in as through an Ingress: the machine that runs the
 * pod asks the pod's policies, and nobody passes its sidecar's word.
 */
import { randomInt } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { BeeError } from "@beemesh/base";
import { findResource, type Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { collectionOf } from "@beemesh/wire";
import type { Log } from "../log.ts";
import type { Reading } from "../reading.ts";
import { type Endpoint, findService } from "../service-router.ts";
import { splice } from "../splice.ts";
import type { PodAccess } from "../tunnel/pod-access.ts";
import { ClientBook } from "./client-book.ts";
import { type Opening, openingsOf } from "./openings.ts";

export interface NodePortsOptions {
  /** The machine's own name. */
  readonly self: string;
  /** Where to listen; what is no loopback lets the network in. */
  readonly host: string;
  readonly objects: ObjectStore;
  /** The pods of this machine. */
  readonly ownPods: () => readonly Pod[];
  readonly pods: Pick<PodAccess, "connect">;
  readonly reading: Pick<Reading, "bringAll" | "namespaces">;
  readonly log: Log;
}

/** Connections at once through one port: no client of one Service keeps out those of another. */
const connectionsMax = 1000;

/** How often it is looked what is to be open, if no change is heard of. */
const lookMs = 10_000;

/** One try, and one more on another endpoint. */
const triesMax = 2;

/** What concerns ports when it changes. */
const concerned: ReadonlySet<string> = new Set(["services", "pods"]);

/** Keeps open what Services and pods ask for. */
export class NodePorts {
  readonly #options: NodePortsOptions;
  readonly #servers = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #clients = new ClientBook();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Ports that could not be opened, so that each is told once. */
  readonly #told = new Set<string>();
  #openings: ReadonlyMap<string, Opening> = new Map();
  #isDue = false;
  #isClosed = false;

  constructor(options: NodePortsOptions) {
    this.#options = options;
    this.#stop = options.objects.onChange(({ resource: { name } }) => {
      if (concerned.has(name)) this.#lookSoon();
    });
    this.#timer = setInterval(() => void this.look(), lookMs).unref();
    void this.look();
  }

  /** `<address> <port>` of all that is open. */
  get open(): readonly string[] {
    return [...this.#servers].flatMap(([place, server]) => (server.listening ? [place] : []));
  }

  /** Brings here which Services there are, and opens and closes what has changed. */
  async look(): Promise<void> {
    const { reading } = this.#options;
    await reading.bringAll([
      collectionOf("namespaces", ""),
      ...reading.namespaces().map((namespace) => collectionOf("services", "", namespace)),
    ]);
    this.#regard();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#stop();
    for (const server of this.#servers.values()) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Of many changes that come together the last one counts. */
  #lookSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#regard();
    });
  }

  #regard(): void {
    if (this.#isClosed) return;
    const { host, objects, ownPods } = this.#options;
    const resource = findResource("", "services");
    const services = resource === undefined ? [] : objects.list(resource).items;
    this.#openings = openingsOf(services, ownPods(), host);
    for (const [place, server] of this.#servers) {
      if (this.#openings.has(place)) continue;
      this.#servers.delete(place);
      server.close();
    }
    for (const place of this.#openings.keys()) {
      if (!this.#servers.has(place)) this.#listen(place);
    }
  }

  #listen(place: string): void {
    const [host = "", port = ""] = place.split(" ");
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      void this.#serve(place, socket);
    });
    server.maxConnections = connectionsMax;
    this.#servers.set(place, server);
    server.on("error", (error) => {
      // Another program may have it; it is tried again at the next look.
      if (this.#servers.get(place) === server) this.#servers.delete(place);
      if (!this.#told.has(place)) {
        this.#told.add(place);
        this.#options.log.warn("Cannot open a port", { host, port, reason: error.message });
      }
    });
    server.listen({ host, port: Number(port) }, () => this.#told.delete(place));
  }

  async #serve(place: string, socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const opening = this.#openings.get(place);
    if (opening === undefined) {
      socket.destroy();
      return;
    }
    try {
      const inside = await this.#connect(opening, socket.remoteAddress ?? "");
      if (socket.destroyed) inside.destroy();
      else splice(socket, inside);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.debug("Refused a connection to a port", { place, reason });
      socket.resetAndDestroy();
    }
  }

  async #connect(opening: Opening, client: string): ReturnType<PodAccess["connect"]> {
    const { pods, self } = this.#options;
    if (opening.kind === "pod") {
      return pods.connect({ uid: opening.uid, machine: self }, opening.port, "ingress");
    }
    let failure: unknown = new BeeError("service-empty", "none of its pods is ready");
    let left = await this.#endpointsOf(opening);
    for (let tries = 0; tries < triesMax && left.length > 0; tries += 1) {
      const endpoint = this.#choose(opening, client, left);
      try {
        return await pods.connect(endpoint.place, endpoint.port, "ingress");
      } catch (error) {
        failure = error;
        left = left.filter((each) => each !== endpoint);
      }
    }
    throw failure;
  }

  async #endpointsOf(opening: Extract<Opening, { kind: "service" }>): Promise<readonly Endpoint[]> {
    const { objects, reading, self } = this.#options;
    const { namespace, name: service, port, isLocalOnly } = opening;
    await reading.bringAll([
      collectionOf("endpointslices", "discovery.k8s.io", namespace),
      collectionOf("pods", "", namespace),
    ]);
    const { endpoints } = findService(objects, { namespace, service, port: String(port) });
    return isLocalOnly ? endpoints.filter(({ place }) => place.machine === self) : endpoints;
  }

  #choose(
    { namespace, name, port, affinityMs }: Extract<Opening, { kind: "service" }>,
    client: string,
    endpoints: readonly Endpoint[],
  ): Endpoint {
    const any = endpoints[randomInt(endpoints.length)];
    if (any === undefined) throw new BeeError("service-empty", "none of its pods is ready");
    if (affinityMs === undefined) return any;
    const key = `${client} ${namespace}/${name}:${port}`;
    const uid = this.#clients.uidOf(key, performance.now() - affinityMs);
    const chosen = endpoints.find(({ place }) => place.uid === uid) ?? any;
    this.#clients.note(key, chosen.place.uid, performance.now());
    return chosen;
  }
}

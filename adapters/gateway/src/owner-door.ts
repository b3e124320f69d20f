import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import type { Duplex as PortDuplex } from "@beemesh/ports";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import { readBody } from "./body.ts";
import { hostDuplex } from "./host-stream.ts";
import { isRefusal } from "./kube-status.ts";
import type { GatewayLimits } from "./limits.ts";
import { join } from "./port-forward.ts";
import { parseTarget } from "./target.ts";

/** A port of a service. */
export interface ServiceWish {
  readonly namespace: string;
  readonly service: string;
  /** Number or name; empty for the only one. */
  readonly port: string;
}

/** A port of a service that there is. */
export interface FoundService {
  readonly service: string;
  readonly port: number;
  /** Connects to an endpoint, each time perhaps to another one. */
  connect(): Promise<PortDuplex>;
}

/** What is done for the owner of the Unix socket. */
export interface OwnerDoorOptions {
  /** Throws a BeeError that says what there is not. */
  readonly find: (wish: ServiceWish) => Promise<FoundService>;
  /** Asks the API for one object, or deletes it; the path is as in the API. */
  readonly object: (
    method: "GET" | "DELETE",
    path: readonly string[],
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
  /**
   * Agrees to what an object wants of this machine, or without one takes that back; the place is
   * its namespace and name. Throws a BeeError that says why not.
   */
  readonly consent: (place: readonly [string, string], object: JsonObject | undefined) => void;
}

/** The protocol that a connection is upgraded to: the bytes of the service, as they are. */
export const connectProtocol = "beemesh-connect";

const connectPath = "/v1/connect";
const objectsPath = "/v1/objects/";
const consentsPath = "/v1/consents/";

/** Levels of JSON in an object that is agreed to. */
const depthMax = 16;

/**
 * What the owner of the Unix socket can do beyond what the port offers: ask for a service and
 * connect to it, read and delete objects, and agree to what they want of this machine. File
 * permissions are the only key to it.
 *
 *     GET /v1/connect?namespace=shop&service=web&port=http     is there one? or, with an upgrade
 *     Upgrade: beemesh-connect                                 to the protocol, the bytes
 *     GET or DELETE /v1/objects/api/v1/namespaces/shop/services/web
 *     PUT (an ExternalWorkload) or DELETE /v1/consents/shop/db
 */
export class OwnerDoor {
  readonly #options: OwnerDoorOptions;
  readonly #limits: Pick<GatewayLimits, "bodyBytesMax" | "bodyMsMax">;

  constructor(
    options: OwnerDoorOptions,
    limits: Pick<GatewayLimits, "bodyBytesMax" | "bodyMsMax">,
  ) {
    this.#options = options;
    this.#limits = limits;
  }

  /** Whether a path is for this. */
  static has(path: string): boolean {
    return path === connectPath || path.startsWith(objectsPath) || path.startsWith(consentsPath);
  }

  /** Answers a request without an upgrade. */
  async answer(incoming: IncomingMessage): Promise<Answer> {
    const { method, url = "/" } = incoming;
    const target = parseTarget(url);
    if (target === undefined) return failure(400, "Cannot read the target of the request");
    try {
      if (url.startsWith(consentsPath)) return await this.#consent(incoming, target.path.slice(2));
      if (!url.startsWith(objectsPath)) {
        const { service, port } = await this.#options.find(wishOf(target.query));
        return { status: 200, body: { service, port } };
      }
      if (method === "GET" || method === "DELETE") {
        return await this.#options.object(method, target.path.slice(2));
      }
      return failure(405, "Objects are read with GET and deleted with DELETE");
    } catch (error) {
      return failure(404, reasonOf(error));
    }
  }

  async #consent(
    incoming: IncomingMessage,
    [namespace, name, ...more]: readonly string[],
  ): Promise<Answer> {
    if (namespace === undefined || name === undefined || more.length > 0) {
      return failure(404, "Consents are at /v1/consents/NAMESPACE/NAME");
    }
    if (incoming.method === "DELETE") {
      this.#options.consent([namespace, name], undefined);
      return { status: 200, body: {} };
    }
    if (incoming.method !== "PUT") return failure(405, "Consents are given with PUT");
    const bytes = await readBody(incoming, this.#limits);
    if (isRefusal(bytes)) return failure(bytes.code, bytes.message);
    const { bodyBytesMax: lengthMax } = this.#limits;
    const object = parseJson(bytes.toString("utf8"), { lengthMax, depthMax });
    if (!isJsonObject(object)) return failure(400, "Cannot read the body: it is no JSON object");
    this.#options.consent([namespace, name], object);
    return { status: 200, body: {} };
  }

  /** Makes a connection the service's; never throws. */
  async upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const target = parseTarget(incoming.url ?? "/");
    const asked = incoming.headers.upgrade?.toLowerCase();
    if (target === undefined || asked !== connectProtocol) {
      refuse(socket, `400 Bad Request`, `The protocol is ${connectProtocol}`);
      return;
    }
    try {
      const found = await this.#options.find(wishOf(target.query));
      const service = hostDuplex(await found.connect());
      if (socket.destroyed) {
        service.destroy();
        return;
      }
      const head101 = `Connection: Upgrade\r\nUpgrade: ${connectProtocol}`;
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head101}\r\n\r\n`);
      if (head.length > 0) socket.unshift(head);
      join(socket, service, () => undefined);
    } catch (error) {
      refuse(socket, "503 Service Unavailable", reasonOf(error));
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function wishOf(query: ReadonlyMap<string, readonly string[]>): ServiceWish {
  const text = (name: string): string => query.get(name)?.[0] ?? "";
  return { namespace: text("namespace"), service: text("service"), port: text("port") };
}

function reasonOf(error: unknown): string {
  return error instanceof BeeError ? error.message : "it failed";
}

function failure(status: number, message: string): { status: number; body: object } {
  return { status, body: { status: "Failure", message } };
}

function refuse(socket: Duplex, status: string, reason: string): void {
  const headers = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${reason}\n`);
}

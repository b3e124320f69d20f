import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import type { Duplex as PortDuplex } from "@beemesh/ports";
import { hostDuplex } from "./host-stream.ts";
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
}

/** The protocol that a connection is upgraded to: the bytes of the service, as they are. */
export const connectProtocol = "beemesh-connect";

const connectPath = "/v1/connect";
const objectsPath = "/v1/objects/";

/**
 * What the owner of the Unix socket can do beyond what the port offers: ask for a service and
 * connect to it, and read and delete objects. File permissions are the only key to it.
 *
 *     GET /v1/connect?namespace=shop&service=web&port=http     is there one? or, with an upgrade
 *     Upgrade: beemesh-connect                                 to the protocol, the bytes
 *     GET or DELETE /v1/objects/api/v1/namespaces/shop/services/web
 */
export class OwnerDoor {
  readonly #options: OwnerDoorOptions;

  constructor(options: OwnerDoorOptions) {
    this.#options = options;
  }

  /** Whether a path is for this. */
  static has(path: string): boolean {
    return path === connectPath || path.startsWith(objectsPath);
  }

  /** Answers a request without an upgrade. */
  async answer({ method, url = "/" }: IncomingMessage): Promise<{
    readonly status: number;
    readonly body: unknown;
  }> {
    const target = parseTarget(url);
    if (target === undefined) return failure(400, "Cannot read the target of the request");
    try {
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

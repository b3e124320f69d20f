import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { BeeError } from "@beemesh/base";
import type {
  ApiRequest,
  FinalReply,
  Duplex as PortDuplex,
  ProxyTarget,
  Tunnel,
} from "@beemesh/ports";
import { isProxied, passOn, proxiedTarget } from "./api-proxy.ts";
import { type Body, type DecodeProtobuf, decodeBody, readBody } from "./body.ts";
import { type Authenticators, anonymous, type ClientSocket, identify } from "./client-user.ts";
import { Crowd } from "./crowd.ts";
import { hostReadable } from "./host-stream.ts";
import { impersonationOf } from "./impersonation.ts";
import { isRefusal, type Refusal } from "./kube-status.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Incoming, Outgoing } from "./message.ts";
import { sendMoved, sendReadable, sendRefusal, sendStream, sendWhole } from "./reply.ts";
import { parseTarget, type Target } from "./target.ts";
import { negotiate, startTunnel, type TunnelEnd } from "./tunnel.ts";
import type { Upgrade } from "./websocket.ts";

/** Tells of something that operators count or read; facts never hold bodies or secrets. */
export type Observe = (
  event: string,
  facts: Readonly<Record<string, string | number | boolean>>,
) => void;

/** What answers the requests: everything that is decided, is decided behind these. */
export interface ApiBackend extends Authenticators {
  handle(request: ApiRequest): FinalReply | Promise<FinalReply>;
  /** Opens the container's side. A BeeError becomes an answer: its message goes to the client. */
  tunnel(tunnel: Tunnel, request: ApiRequest): Promise<TunnelEnd>;
  /** Connects to a program in the mesh. */
  connect(place: ProxyTarget["to"]): Promise<PortDuplex>;
  /** Waits until a write is held widely enough; gives warnings if it is not. */
  acknowledged(ticket: number): Promise<readonly string[]>;
  readonly decodeProtobuf?: DecodeProtobuf;
  readonly observe?: Observe;
}

/** One request with the way to its answer. */
export interface Exchange {
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly socket: ClientSocket;
  /** There if the client wants to leave HTTP. `outgoing` then holds the connection till it may. */
  readonly upgrade?: Upgrade & { readonly outgoing: ServerResponse };
}

/** Kubernetes' clients wait this long before they ask again. */
const retryAfterSeconds = 1;

const auditIdPattern = /^[\w.-]{1,64}$/u;

/** Serves the requests of all connections, within the limits for each user. */
export class Exchanges {
  readonly #backend: ApiBackend;
  readonly #limits: GatewayLimits;
  readonly #requests: Crowd;
  readonly #streams: Crowd;
  /** How to end each watch, log and tunnel that is open. */
  readonly #ends = new Set<() => void>();
  #isDraining = false;

  constructor(backend: ApiBackend, limits: GatewayLimits) {
    this.#backend = backend;
    this.#limits = limits;
    this.#requests = new Crowd(limits.requestsPerUserMax);
    this.#streams = new Crowd(limits.streamsPerUserMax);
  }

  /** Ends what would go on for ever, and takes no new requests. */
  drain(): void {
    this.#isDraining = true;
    for (const end of this.#ends) end();
  }

  /** Serves one request to its end; never throws. */
  async serve(exchange: Exchange): Promise<void> {
    const { incoming, outgoing } = exchange;
    const startedMs = performance.now();
    // A client that leaves is told by `close`.
    incoming.on("error", () => undefined);
    outgoing.on("error", () => undefined);
    try {
      const auditId = String(incoming.headers["audit-id"] ?? "");
      outgoing.setHeader("Audit-Id", auditIdPattern.test(auditId) ? auditId : randomUUID());
      outgoing.setHeader("Cache-Control", "no-cache, private");
      if (this.#isDraining && !("stream" in incoming)) outgoing.setHeader("Connection", "close");
      const refusal = await this.#serve(exchange);
      if (refusal) await this.#refuse(exchange, refusal);
    } catch (error) {
      await this.#fail(exchange, error);
    }
    this.#backend.observe?.("api.answered", {
      method: incoming.method ?? "",
      status: outgoing.statusCode,
      durationMs: Math.round(performance.now() - startedMs),
    });
  }

  async #serve(exchange: Exchange): Promise<Refusal | undefined> {
    const { incoming, socket } = exchange;
    if (this.#isDraining) {
      return { code: 503, message: "Cannot serve: the server is shutting down", retryAfterSeconds };
    }
    const target = parseTarget(incoming.url ?? "");
    if (target === undefined) return { code: 400, message: "Cannot read the request's path" };
    const user = await identify(socket, incoming.headers, this.#backend);
    if (isRefusal(user)) return user;
    const impersonation = impersonationOf(incoming);
    if (isRefusal(impersonation)) return impersonation;
    const leave = this.#requests.enter(user.name);
    if (leave === undefined) return tooMany(user.name);
    try {
      const body = isProxied(target.path) ? unread : await this.#body(exchange, user === anonymous);
      if (isRefusal(body)) return body;
      const who = impersonation === undefined ? { user } : { user, impersonation };
      const { value, ...beside } = body;
      const request = requestOf(incoming, target, { ...who, body: value, ...beside });
      const reply = await this.#backend.handle(request);
      // What is not passed on is thrown away, so that the answer arrives.
      if (body === unread && reply.kind !== "proxy") incoming.resume();
      return await this.#perform(exchange, request, reply);
    } finally {
      leave();
    }
  }

  async #body({ incoming, upgrade }: Exchange, isStranger: boolean): Promise<Body | Refusal> {
    const hasLength = Number(incoming.headers["content-length"] ?? 0) > 0;
    if (upgrade) {
      return hasLength || incoming.headers["transfer-encoding"] !== undefined
        ? { code: 400, message: "Cannot upgrade a request that has a body" }
        : { value: undefined };
    }
    const { bodyBytesMax, strangerBodyBytesMax } = this.#limits;
    const limit = isStranger ? Math.min(bodyBytesMax, strangerBodyBytesMax) : bodyBytesMax;
    const bytes = await readBody(incoming, { ...this.#limits, bodyBytesMax: limit });
    if (isRefusal(bytes)) return bytes;
    const contentType = incoming.headers["content-type"] ?? "";
    return decodeBody(bytes, contentType, this.#backend.decodeProtobuf);
  }

  async #perform(
    exchange: Exchange,
    request: ApiRequest,
    reply: FinalReply,
  ): Promise<Refusal | undefined> {
    const { incoming, outgoing } = exchange;
    const context = { incoming, limits: this.#limits };
    if (reply.kind === "json") {
      const more = reply.ticket === undefined ? [] : await this.#backend.acknowledged(reply.ticket);
      const warnings = [...(reply.warnings ?? []), ...more];
      await sendWhole(outgoing, { ...reply, warnings }, context);
      return undefined;
    }
    if (reply.kind === "bytes") {
      await sendWhole(outgoing, reply, context);
      return undefined;
    }
    const leave = this.#streams.enter(request.user.name);
    if (leave === undefined) return tooMany(request.user.name);
    if (reply.kind === "proxy") return this.#proxy(exchange, reply.target, leave);
    try {
      if (reply.kind === "tunnel") {
        return await this.#tunnel(exchange, request, { tunnel: reply.tunnel, leave });
      }
      this.#keep(sendStream(outgoing, reply, this.#limits), outgoing, leave);
      return undefined;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Remembers how to end a stream for as long as it lasts. */
  #keep(
    end: () => void,
    lifetime: { once(event: "close", listener: () => void): unknown },
    leave: () => void,
  ): void {
    this.#ends.add(end);
    lifetime.once("close", () => {
      this.#ends.delete(end);
      leave();
    });
    // It may have begun while the server was told to end.
    if (this.#isDraining) end();
  }

  async #tunnel(
    exchange: Exchange,
    request: ApiRequest,
    { tunnel, leave }: { readonly tunnel: Tunnel; readonly leave: () => void },
  ): Promise<Refusal | undefined> {
    if (tunnel.kind === "log" && !asksForWebSocket(exchange.incoming)) {
      const end = await this.#backend.tunnel(tunnel, request);
      if (end.kind !== "log") throw new BeeError("tunnel-mismatch", "Cannot read the log");
      const source = hostReadable(end.output);
      const stop = sendReadable(exchange.outgoing, source, "text/plain; charset=utf-8");
      this.#keep(stop, exchange.outgoing, leave);
      return undefined;
    }
    const { upgrade } = exchange;
    if (upgrade === undefined) {
      leave();
      return { code: 400, message: "Upgrade request required" };
    }
    const agreement = negotiate(tunnel.kind, upgrade.incoming);
    if (isRefusal(agreement)) {
      leave();
      return agreement;
    }
    const end = await this.#backend.tunnel(tunnel, request);
    if ((end.kind === "log") !== (tunnel.kind === "log")) {
      throw new BeeError("tunnel-mismatch", `Cannot ${tunnel.kind}`);
    }
    upgrade.outgoing.statusCode = 101;
    upgrade.outgoing.detachSocket(upgrade.incoming.socket);
    this.#keep(() => upgrade.socket.destroy(), upgrade.socket, leave);
    await startTunnel(upgrade, { tunnel, agreement, end, limits: this.#limits });
    return undefined;
  }

  /** Passes the request itself on, whose body nobody has read. */
  async #proxy(
    exchange: Exchange,
    { scheme, to }: ProxyTarget,
    leave: () => void,
  ): Promise<Refusal | undefined> {
    const { incoming, outgoing, upgrade } = exchange;
    const target = proxiedTarget(incoming.url ?? "");
    const isReading = incoming.method === "GET" || incoming.method === "HEAD";
    if (target.path === "" && isReading && upgrade === undefined) {
      leave();
      sendMoved(outgoing, `${target.prefix}/${target.query}`);
      return undefined;
    }
    try {
      const connect = (): ReturnType<ApiBackend["connect"]> => this.#backend.connect(to);
      const end = await passOn({ incoming, outgoing, upgrade, target, scheme, connect });
      this.#keep(end, upgrade?.socket ?? outgoing, leave);
      return undefined;
    } catch (error) {
      leave();
      return { code: 503, message: unreachedText(error) };
    }
  }

  async #refuse(exchange: Exchange, refusal: Refusal): Promise<void> {
    const { incoming, outgoing } = exchange;
    await sendRefusal(outgoing, refusal, { incoming, limits: this.#limits });
  }

  async #fail(exchange: Exchange, error: unknown): Promise<void> {
    const { outgoing, upgrade } = exchange;
    const known = error instanceof BeeError;
    this.#backend.observe?.("api.failed", {
      code: known ? error.code : "unexpected",
      message: error instanceof Error ? error.message : String(error),
    });
    // The message of an error that nobody foresaw could hold anything.
    const message = `Internal error occurred: ${known ? error.message : "see the server's log"}`;
    try {
      if (outgoing.headersSent || outgoing.statusCode === 101) {
        outgoing.destroy();
        upgrade?.socket.destroy();
      } else if (known && error.code === "write-not-durable") {
        await this.#refuse(exchange, { code: 503, message: error.message, retryAfterSeconds });
      } else await this.#refuse(exchange, { code: 500, message });
    } catch {
      outgoing.destroy();
    }
  }
}

/** Whether a log is to come in messages. */
function asksForWebSocket({ headers }: Incoming): boolean {
  return (headers.upgrade ?? "").toLowerCase() === "websocket";
}

/** Of a request that is passed on the body is another program's. */
const unread: Body = { value: undefined };

/** Why a program was not reached, as kube-apiserver tells it. */
function unreachedText(error: unknown): string {
  const text = error instanceof Error ? error.message : "it failed";
  const isAbsent = error instanceof BeeError && error.code.startsWith("service-");
  return isAbsent ? text : `error trying to reach service: ${text}`;
}

function requestOf(
  incoming: Incoming,
  target: Target,
  who: Pick<ApiRequest, "user" | "impersonation" | "body" | "doubled">,
): ApiRequest {
  return {
    method: incoming.method ?? "",
    path: target.path,
    query: target.query,
    accept: incoming.headers.accept ?? "",
    contentType: incoming.headers["content-type"] ?? "",
    ...who,
    userAgent: incoming.headers["user-agent"] ?? "",
    ifNoneMatch: incoming.headers["if-none-match"] ?? "",
  };
}

function tooMany(user: string): Refusal {
  return {
    code: 429,
    message: `Cannot serve: user ${JSON.stringify(user)} has too many requests open`,
    retryAfterSeconds,
  };
}

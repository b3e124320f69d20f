/** A client of an API over a store in memory, for tests: a line and a body in, an answer out. */
import { assert, instantAt, type Now, seededRandom } from "@beemesh/base";
import type { ApiReply, Impersonation, User, WebhookAnswer, WebhookCall } from "@beemesh/ports";
import { type Json, parseJson } from "@beemesh/wire";
import { type Api, type ApiOptions, createApi } from "./api.ts";
import { MemoryStore } from "./memory-store.ts";

export interface TestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly warnings: readonly string[];
  readonly reply: ApiReply;
}

export interface TestRequest {
  readonly accept?: string;
  readonly contentType?: string;
  readonly user?: User;
  readonly impersonation?: Impersonation;
  readonly userAgent?: string;
  readonly doubled?: readonly string[];
  readonly ifNoneMatch?: string;
}

/** An open watch: what it has sent so far. */
export interface TestWatch {
  readonly events: readonly { readonly type: string; readonly object: unknown }[];
  readonly isEnded: boolean;
  readonly stop: () => void;
}

const master: User = { name: "ann", groups: ["system:masters", "system:authenticated"] };

export class TestClient {
  readonly store: MemoryStore;
  readonly api: Api;
  /** Nodes whose machine is dead. */
  readonly dead = new Set<string>();
  /** What webhooks answer. */
  webhook: (call: WebhookCall) => WebhookAnswer = () => ({ ok: false, reason: "nobody is there" });
  #nowMs = 0;
  #uids = 0;

  constructor(options: Partial<ApiOptions> & { readonly changesMax?: number } = {}) {
    this.store = new MemoryStore(options.changesMax);
    this.api = createApi({
      store: this.store,
      random: seededRandom(1),
      makeUid: () => `00000000-0000-4000-8000-${String((this.#uids += 1)).padStart(12, "0")}`,
      isAlive: (node) => !this.dead.has(node),
      ...options,
    });
    this.api.bootstrap(this.now);
  }

  /** 2026-01-01, and what {@link pass} has added. */
  get now(): Now {
    return { at: instantAt(this.#nowMs), wallMs: 1_767_225_600_000 + this.#nowMs };
  }

  /** Lets time pass. */
  pass(durationMs: number): void {
    this.#nowMs += durationMs;
    this.api.tick(this.now);
  }

  /** Sends a request such as `GET /api/v1/pods?limit=2`. */
  send(line: string, body?: Json, request: TestRequest = {}): TestAnswer {
    let reply = this.#handle(line, body, request);
    while (reply.kind === "consult") {
      reply = reply.resume(reply.calls.map(this.webhook), this.now);
    }
    return {
      status: "status" in reply ? reply.status : 101,
      body: reply.kind === "json" || reply.kind === "bytes" ? reply.body : undefined,
      warnings: reply.kind === "json" ? (reply.warnings ?? []) : [],
      reply,
    };
  }

  /** Makes an object, which must be taken; gives it as it is answered. */
  make(path: string, body: Json): unknown {
    const { status, body: made } = this.send(`POST ${path}`, body);
    assert(status === 201, `POST ${path}: ${JSON.stringify(made)}`);
    return made;
  }

  /** Opens a watch; `keepsUp` false is a client that reads too slowly. */
  watch(target: string, request: TestRequest = {}, keepsUp = true): TestWatch {
    const reply = this.#handle(`GET ${target}`, undefined, request);
    const events: { type: string; object: unknown }[] = [];
    let isEnded = false;
    if (reply.kind !== "stream") return { events, isEnded: true, stop: () => undefined };
    const stop = reply.open({
      write: (text) => {
        const event = parseJson(text);
        if (isEvent(event)) events.push(event);
        return keepsUp;
      },
      end: () => {
        isEnded = true;
      },
    });
    return {
      events,
      get isEnded() {
        return isEnded;
      },
      stop,
    };
  }

  #handle(line: string, body: Json | undefined, request: TestRequest): ApiReply {
    const [method = "", target = ""] = line.split(" ");
    const [path = "", query = ""] = target.split("?");
    return this.api.handle(
      {
        method,
        path: path.split("/").slice(1).map(decodeURIComponent),
        query: queryOf(query),
        accept: request.accept ?? "application/json",
        contentType: request.contentType ?? "application/json",
        body,
        user: request.user ?? master,
        ...(request.impersonation && { impersonation: request.impersonation }),
        ...(request.doubled && { doubled: request.doubled }),
        ...(request.userAgent === undefined ? {} : { userAgent: request.userAgent }),
        ...(request.ifNoneMatch === undefined ? {} : { ifNoneMatch: request.ifNoneMatch }),
      },
      this.now,
    );
  }
}

function queryOf(text: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  for (const pair of text.split("&").filter((each) => each !== "")) {
    const [key = "", ...value] = pair.split("=");
    query.set(key, [...(query.get(key) ?? []), decodeURIComponent(value.join("="))]);
  }
  return query;
}

function isEvent(value: unknown): value is { type: string; object: unknown } {
  return typeof value === "object" && value !== null && "type" in value && "object" in value;
}

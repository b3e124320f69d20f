import {
  after,
  assert,
  elapsedMs,
  type Instant,
  type Now,
  type Random,
  unreachable,
} from "@beemesh/base";
import { type AnswerError, answerBytes } from "./answer.ts";
import type { Balancer } from "./balancer.ts";
import { ByteQueue } from "./byte-queue.ts";
import { ClientRequest } from "./client-request.ts";
import { type Due, dueOf } from "./deadline.ts";
import type { Outcome } from "./ejection.ts";
import type {
  ClientEvent,
  ExchangeEffect,
  ExchangeEvent,
  ExchangeNote,
  ExchangeTimeouts,
  UpstreamEvent,
} from "./exchange-event.ts";
import { type RequestHead, type ResponseHead, valuesOf } from "./http-head.ts";
import { requestReader } from "./request-reader.ts";
import { traceOf } from "./request-trace.ts";
import {
  isRetriedAnswer,
  isRetriedStatus,
  mayRetry,
  replayBytesMax,
  retryDelayMs,
  type TryFailure,
} from "./retry.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { Upstream } from "./upstream.ts";

export interface ExchangeOptions {
  /** Of the route; shared by its exchanges, as the budget is. */
  readonly balancer: Balancer;
  readonly budget: RetryBudget;
  readonly random: Random;
  readonly timeouts: ExchangeTimeouts;
  /** Tries of one request, the first one too. */
  readonly triesMax: number;
  /** Share of the requests without a trace that begin one, 0 to 1; undefined leaves all alone. */
  readonly traceShare: number | undefined;
}

/** Bytes of later requests that wait for their turn before the client is no longer read. */
const heldBytesMax = 64 * 1024;

/** The status and the words for a try that failed. */
const failures = {
  connect: [502, "connection_refused", "no connection to the pod"],
  full: [503, "connection_limit_reached", "every pod has all that it can take"],
  reset: [502, "connection_terminated", "the pod closed the connection without an answer"],
  timeout: [504, "http_response_timeout", "the pod did not answer in time"],
} as const;

/**
 * One client's connection of HTTP/1.1: its requests one after the other, each to the endpoint that
 * is best for it, tried again elsewhere if that is safe.
 *
 *     ┌─▶ idle ──head──▶ opening ──opened──▶ sent ──response──▶ answering ──end─┐
 *     │                     ▲──── failed, and may be tried again ──┘   └─101─▶ raw
 *     └─────────────────────────────────────────────────────────────────────────┘
 *
 * All bytes pass unchanged but a `traceparent`. Of several requests sent at once each waits for
 * the answers to those before it. Connections to endpoints belong to the caller's pool.
 */
export class HttpExchange {
  readonly #options: ExchangeOptions;
  readonly #reader = requestReader();
  readonly #held = new ByteQueue();
  #effects: ExchangeEffect[] = [];
  #now: Now;
  #phase: "http" | "raw" | "over" = "http";
  #request: ClientRequest | undefined;
  #upstream: Upstream | undefined;
  #nextId = 1;
  #isClientEnded = false;
  #isUpstreamEnded = false;
  #isClientFull = false;
  #isClientPaused = false;
  #isUpstreamPaused = false;
  /** When the client last sent something that was read, or was last answered. */
  #quietSince: Instant;
  #headSince: Instant | undefined;
  #retryAt: Instant | undefined;
  #wakeAt: Instant | undefined;

  constructor(options: ExchangeOptions, now: Now) {
    this.#options = options;
    this.#now = now;
    this.#quietSince = now.at;
  }

  /** Bytes that are kept: a request's body in case of another try, and later requests. */
  get keptBytes(): number {
    return this.#held.size + (this.#request?.keptBytes ?? 0);
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  /** Advances by one event. Effects are done in order, and none of them calls `step` itself. */
  step(event: ExchangeEvent, now: Now): readonly ExchangeEffect[] {
    this.#effects = [];
    this.#now = now;
    if (this.#phase === "over" || this.#isAfterEnd(event)) return [];
    if ("id" in event) this.#onUpstream(event);
    else this.#onClient(event);
    this.#advance();
    this.#settle();
    return this.#effects;
  }

  /** Whether something comes of a side that has said that it is at its end. */
  #isAfterEnd({ kind }: ExchangeEvent): boolean {
    if (kind === "client" || kind === "clientEnd") return this.#isClientEnded;
    return (kind === "upstream" || kind === "upstreamEnd") && this.#isUpstreamEnded;
  }

  #onClient(event: ClientEvent): void {
    switch (event.kind) {
      case "client":
        if (this.#phase === "raw") this.#toUpstream(event.bytes);
        else if (this.#request?.completedAt === undefined && this.#held.size === 0) {
          this.#readClient(event.bytes);
        } else this.#held.push(event.bytes);
        break;
      case "clientEnd":
        this.#isClientEnded = true;
        if (this.#phase === "raw") this.#endRaw("endUpstream");
        break;
      case "clientGone":
        this.#abandon();
        break;
      case "clientFull":
      case "clientDrained":
        this.#isClientFull = event.kind === "clientFull";
        break;
      case "tick":
        this.#wakeAt = undefined;
        this.#expire();
        break;
      default:
        unreachable(event);
    }
  }

  #onUpstream(event: UpstreamEvent): void {
    const upstream = this.#upstream;
    // What comes of a connection that was given up is of no interest any more.
    if (upstream === undefined || upstream.id !== event.id) return;
    switch (event.kind) {
      case "opened":
        this.#send(upstream);
        break;
      case "openFailed":
        this.#fail(upstream, event.why ?? "connect");
        break;
      case "upstream":
        this.#readUpstream(upstream, event.bytes);
        break;
      case "upstreamEnd":
        this.#onUpstreamEnd(upstream);
        break;
      case "upstreamGone":
        this.#onUpstreamGone(upstream);
        break;
      case "upstreamFull":
      case "upstreamDrained":
        upstream.isFull = event.kind === "upstreamFull";
        break;
      default:
        unreachable(event);
    }
  }

  /** Goes on with what can be gone on with: the next request, or the next try. */
  #advance(): void {
    while (this.#phase === "http") {
      if (this.#request?.completedAt === undefined && this.#held.size > 0) this.#readHeld();
      if (this.#phase !== "http") return;
      if (this.#isClientEnded && this.#held.size === 0) this.#onClientEnd();
      if (this.#request === undefined || this.#upstream !== undefined) return;
      if (this.#retryAt !== undefined && this.#now.at < this.#retryAt) return;
      this.#retryAt = undefined;
      this.#open(this.#request);
    }
  }

  #readHeld(): void {
    for (const piece of this.#held.take()) {
      const isOpen = this.#phase === "http" && this.#request?.completedAt === undefined;
      if (isOpen && this.#held.size === 0) this.#readClient(piece);
      else this.#held.push(piece);
    }
  }

  #readClient(bytes: Uint8Array): void {
    this.#quietSince = this.#now.at;
    if (this.#request === undefined) this.#headSince ??= this.#now.at;
    for (const part of this.#reader.read(bytes)) {
      if (this.#phase !== "http") return;
      if (part.kind === "head") this.#begin(part.head);
      else if (part.kind === "body") this.#onBody(part.bytes);
      else if (part.kind === "end") this.#request?.complete(this.#now.at);
      else if (part.kind === "rest") this.#held.push(part.bytes);
      else if (part.kind === "malformed") this.#refuse(part.status, part.reason);
      else assert(false, "requests are never interim, and raw bytes are not read");
    }
    if (this.#reader.isIdle) this.#headSince = undefined;
  }

  #begin(head: RequestHead): void {
    this.#headSince = undefined;
    const { budget, traceShare, random } = this.#options;
    budget.deposit(this.#now.at);
    const trace = traceOf(head.traceparent, traceShare, random);
    this.#request = new ClientRequest(head, this.#now, trace);
  }

  #onBody(bytes: Uint8Array): void {
    const isSent = this.#upstream?.sentAt !== undefined;
    this.#request?.add(bytes, isSent);
    if (isSent) this.#toUpstream(bytes);
  }

  /** The client says no more, and all that it has said was read. */
  #onClientEnd(): void {
    if (this.#request?.completedAt !== undefined) {
      this.#passEnd();
      return;
    }
    if (this.#request === undefined && this.#reader.isIdle) this.#endClient();
    else this.#refuse(400, "the connection ended in the middle of a request");
  }

  /** An endpoint may take the end for the client's leaving, as it would without a proxy. */
  #passEnd(): void {
    const upstream = this.#upstream;
    if (upstream?.sentAt === undefined || upstream.isEnded) return;
    upstream.isEnded = true;
    this.#effects.push({ kind: "endUpstream", id: upstream.id });
  }

  #open(request: ClientRequest): void {
    const { balancer, random } = this.#options;
    const choice = balancer.choose(random, this.#now.at, request.tried);
    if (choice.kind === "none") {
      if (choice.cause === "empty") {
        this.#answer(503, "destination_unavailable", "the service has no pod that is ready");
      } else this.#answer(503, "connection_limit_reached", "every pod has all that it can take");
      return;
    }
    const { uid } = choice;
    const id = this.#nextId;
    this.#nextId += 1;
    request.tryAt(uid);
    balancer.started(uid);
    this.#upstream = new Upstream(id, uid, this.#now.at);
    this.#effects.push({ kind: "open", id, uid, traceparent: request.traceparent });
  }

  #send(upstream: Upstream): void {
    const request = this.#request;
    if (request === undefined || upstream.sentAt !== undefined) return;
    upstream.send(request.head, this.#now.at);
    for (const piece of request.sendable()) this.#toUpstream(piece);
  }

  #readUpstream(upstream: Upstream, bytes: Uint8Array): void {
    if (this.#phase === "raw") return this.#toClient(bytes);
    for (const part of upstream.read(bytes)) {
      if (this.#upstream !== upstream) return undefined;
      if (part.kind === "head") this.#respond(upstream, part.head);
      else if (part.kind === "interim") this.#toClient(part.head.bytes);
      else if (part.kind === "body" || part.kind === "raw") this.#toClient(part.bytes);
      else if (part.kind === "end") this.#finish(upstream);
      else if (part.kind === "malformed") this.#failResponse(upstream);
    }
    return undefined;
  }

  #respond(upstream: Upstream, head: ResponseHead): void {
    if (isRetriedAnswer(head.status) && this.#answerAgain(upstream, head)) return;
    upstream.respond(head, this.#now.at);
    if (outcomeOf(head.status) === "ok") {
      const { at } = this.#now;
      this.#options.balancer.answered(upstream.uid, at, upstream.latencyAt(at));
    }
    this.#toClient(head.bytes);
    const isTunnel = this.#request?.head.method === "CONNECT" && head.status < 300;
    if (head.status !== 101 && !isTunnel) return;
    this.#phase = "raw";
    this.#record(head.status);
    for (const piece of this.#held.take()) this.#toUpstream(piece);
    if (this.#isClientEnded) this.#endRaw("endUpstream");
  }

  /** The response is whole. */
  #finish(upstream: Upstream): void {
    const request = this.#request;
    const response = upstream.response;
    assert(request !== undefined && response !== undefined, "a response answers a request");
    const isComplete = request.completedAt !== undefined;
    const isLast = !isComplete || !request.head.keepAlive || !upstream.isReusable;
    this.#record(response.status);
    this.#drop(upstream, outcomeOf(response.status), isComplete && upstream.isReusable);
    this.#request = undefined;
    this.#quietSince = this.#now.at;
    // A response that came before its request was whole leaves no place to go on from.
    if (isLast) this.#endClient();
  }

  #onUpstreamEnd(upstream: Upstream): void {
    if (this.#phase === "raw") {
      this.#isUpstreamEnded = true;
      this.#endRaw("endClient");
      return;
    }
    const parts = upstream.end();
    if (parts[0]?.kind === "end") this.#finish(upstream);
    else this.#fail(upstream, "reset");
  }

  #onUpstreamGone(upstream: Upstream): void {
    if (this.#phase !== "raw") return this.#fail(upstream, "reset");
    this.#drop(upstream, "cancelled", false);
    return this.#resetClient();
  }

  /** One half of what is no HTTP any more has ended; with the other half all ends. */
  #endRaw(half: "endClient" | "endUpstream"): void {
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    this.#effects.push(half === "endClient" ? { kind: half } : { kind: half, id: upstream.id });
    if (!this.#isClientEnded || !this.#isUpstreamEnded) return;
    this.#drop(upstream, "ok", false);
    this.#finishPhase();
  }

  /** A try failed. The next is made by `advance`, if there may be one. */
  #fail(upstream: Upstream, failure: keyof typeof failures): void {
    if (upstream.response !== undefined) {
      this.#record(502);
      this.#drop(upstream, "gateway", false);
      this.#resetClient();
    } else if (!this.#tryAgain(upstream, failure)) {
      this.#drop(upstream, outcomeOfFailure(failure), false);
      const [status, error, detail] = failures[failure];
      const isLate = failure === "timeout" && upstream.sentAt === undefined;
      this.#answer(status, isLate ? "connection_timeout" : error, detail);
    }
  }

  #failResponse(upstream: Upstream): void {
    this.#drop(upstream, "gateway", false);
    if (upstream.response === undefined) {
      this.#answer(502, "http_protocol_error", "the pod's answer is no HTTP");
    } else {
      this.#record(502);
      this.#resetClient();
    }
  }

  #answerAgain(upstream: Upstream, head: ResponseHead): boolean {
    const [retryAfter = ""] = valuesOf(head, "retry-after");
    return this.#tryAgain(upstream, head.status, retryAfter);
  }

  #tryAgain(upstream: Upstream, failure: TryFailure, retryAfter = ""): boolean {
    const isSent = upstream.sentAt !== undefined && failure !== "connect" && failure !== "full";
    const { budget, random, triesMax } = this.#options;
    const attempt = this.#request?.attempt(isSent, triesMax);
    if (attempt === undefined || !mayRetry(attempt, failure)) return false;
    const delayMs = retryDelayMs({ isSent, failure, tries: attempt.tries, retryAfter }, random);
    if (delayMs === undefined || delayMs >= this.#leftMs()) return false;
    if (!budget.withdraw(this.#now.at)) return false;
    this.#drop(upstream, outcomeOfFailure(failure), false);
    this.#retryAt = delayMs === 0 ? undefined : after(this.#now.at, delayMs);
    this.#note({ kind: "retry", uid: upstream.uid });
    return true;
  }

  /** How long the request may still take. */
  #leftMs(): number {
    const { requestMs } = this.#options.timeouts;
    const completedAt = this.#request?.completedAt;
    if (requestMs === 0 || completedAt === undefined) return Number.POSITIVE_INFINITY;
    return requestMs - elapsedMs(completedAt, this.#now.at);
  }

  /** Lets go of a connection, and notes how it did. */
  #drop(upstream: Upstream, outcome: Outcome, isReusable: boolean): void {
    const { id, uid } = upstream;
    const at = this.#now.at;
    if (this.#isUpstreamPaused) this.#effects.push({ kind: "resumeUpstream", id });
    this.#isUpstreamPaused = false;
    this.#upstream = undefined;
    this.#effects.push({ kind: isReusable ? "release" : "close", id });
    const isTold = outcome === "ok" && upstream.response !== undefined;
    const latencyMs = isTold ? undefined : upstream.latencyAt(at);
    const isEjected = this.#options.balancer.finished(uid, at, outcome, latencyMs);
    if (isEjected) this.#note({ kind: "ejected", uid });
  }

  /** The client is gone: nobody is answered any more. */
  #abandon(): void {
    const isRaw = this.#phase === "raw";
    if (this.#request !== undefined && !isRaw) this.#record(499);
    if (this.#upstream !== undefined) this.#drop(this.#upstream, "cancelled", false);
    this.#finishPhase();
  }

  /** The client sent what cannot be passed on. */
  #refuse(status: number, detail: string): void {
    const upstream = this.#upstream;
    if (upstream !== undefined) this.#drop(upstream, "cancelled", false);
    if (upstream?.response === undefined) this.#answer(status, "http_request_error", detail);
    else {
      this.#record(400);
      this.#resetClient();
    }
  }

  /** Answers in the place of an endpoint. The client may go on if its request was whole. */
  #answer(status: number, error: AnswerError, detail: string): void {
    const request = this.#request;
    const isWhole = request?.completedAt !== undefined && error !== "http_request_error";
    const isLast = !isWhole || !request.head.keepAlive || request.head.minor === 0;
    const isHead = request?.head.method === "HEAD";
    this.#toClient(answerBytes({ status, error, detail, isHead, isLast }));
    this.#record(status);
    this.#request = undefined;
    this.#retryAt = undefined;
    this.#quietSince = this.#now.at;
    if (isLast) this.#endClient();
  }

  #record(code: number): void {
    const request = this.#request;
    const tried = request?.tried ?? [];
    const durationMs = elapsedMs(request?.started.at ?? this.#now.at, this.#now.at);
    const method = request?.head.method ?? "";
    const uid = tried.at(-1) ?? "";
    this.#note({ kind: "done", record: { method, code, uid, tries: tried.length, durationMs } });
    const span = request?.span(code, durationMs);
    if (span !== undefined) this.#note({ kind: "span", span });
  }

  #note(note: ExchangeNote): void {
    this.#effects.push({ kind: "note", note });
  }

  #endClient(): void {
    this.#effects.push({ kind: "endClient" });
    this.#finishPhase();
  }

  #resetClient(): void {
    this.#effects.push({ kind: "resetClient" });
    this.#finishPhase();
  }

  #finishPhase(): void {
    this.#phase = "over";
    this.#retryAt = undefined;
    this.#request = undefined;
    this.#held.clear();
    this.#effects.push({ kind: "over" });
  }

  #toClient(bytes: Uint8Array): void {
    const last = this.#effects.at(-1);
    const joined = last?.kind === "toClient" ? joinedOf(last.bytes, bytes) : undefined;
    if (joined !== undefined) this.#effects.pop();
    this.#effects.push({ kind: "toClient", bytes: joined ?? bytes });
  }

  #toUpstream(bytes: Uint8Array): void {
    const upstream = this.#upstream;
    if (upstream === undefined) return;
    this.#effects.push({ kind: "toUpstream", id: upstream.id, bytes });
  }

  /** Brings what the caller reads, and when it wakes us, to what is wanted now. */
  #settle(): void {
    if (this.#phase === "over") return;
    const isPaused = this.#wantsClientPaused();
    if (isPaused !== this.#isClientPaused) {
      this.#isClientPaused = isPaused;
      this.#effects.push({ kind: isPaused ? "pauseClient" : "resumeClient" });
    }
    const upstream = this.#upstream;
    if (upstream !== undefined && this.#isClientFull !== this.#isUpstreamPaused) {
      this.#isUpstreamPaused = this.#isClientFull;
      const kind = this.#isClientFull ? "pauseUpstream" : "resumeUpstream";
      this.#effects.push({ kind, id: upstream.id });
    }
    const due = this.#due();
    if (due === undefined || (this.#wakeAt !== undefined && this.#wakeAt <= due.at)) return;
    this.#wakeAt = due.at;
    this.#effects.push({ kind: "wake", at: due.at });
  }

  #wantsClientPaused(): boolean {
    const upstream = this.#upstream;
    if (this.#phase === "raw") return upstream?.isFull === true;
    if (this.#held.size >= heldBytesMax) return true;
    // Who does not read its answers is given no more of them.
    if (this.#request === undefined && this.#isClientFull) return true;
    if (this.#request === undefined || this.#request.completedAt !== undefined) return false;
    if (upstream?.sentAt !== undefined) return upstream.isFull;
    return this.#request.keptBytes >= replayBytesMax;
  }

  #due(): Due | undefined {
    if (this.#phase !== "http") return undefined;
    return dueOf(
      {
        retryAt: this.#retryAt,
        openingSince: this.#upstream?.sentAt === undefined ? this.#upstream?.startedAt : undefined,
        sentAt: this.#upstream?.sentAt,
        isAnswering: this.#upstream?.response !== undefined,
        completedAt: this.#request?.completedAt,
        headSince: this.#request === undefined ? this.#headSince : undefined,
        quietSince: this.#quietSince,
      },
      this.#options.timeouts,
    );
  }

  #expire(): void {
    const due = this.#due();
    if (due === undefined || this.#now.at < due.at) return;
    const upstream = this.#upstream;
    if (due.what === "head") this.#refuse(408, "the request's head did not come in time");
    else if (due.what === "idle") this.#expireIdle();
    else if (due.what === "retry") return;
    else if (upstream !== undefined) this.#fail(upstream, "timeout");
  }

  #expireIdle(): void {
    if (this.#request === undefined) this.#endClient();
    else this.#refuse(408, "the request's body did not come in time");
  }
}

/** A breaker that is full, and a client that asks for too much, are no faults of the endpoint. */
function outcomeOfFailure(failure: TryFailure): Outcome {
  return failure === "full" || failure === 429 ? "cancelled" : "gateway";
}

function outcomeOf(status: number): Outcome {
  if (isRetriedStatus(status)) return "gateway";
  return status >= 500 ? "serverError" : "ok";
}

/** Two ranges that follow each other in one buffer, as one: a head and its body mostly do. */
function joinedOf(first: Uint8Array, second: Uint8Array): Uint8Array | undefined {
  const isNext =
    first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset;
  if (!isNext) return undefined;
  return new Uint8Array(first.buffer, first.byteOffset, first.length + second.length);
}

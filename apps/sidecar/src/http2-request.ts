import type { ClientHttp2Stream, ServerHttp2Stream } from "node:http2";
import { instantAt, type Now } from "@beemesh/base";
import {
  fieldOf,
  type Http2Head,
  isRetriedAnswer,
  mayRetry,
  type RawFields,
  type RequestTrace,
  readHttp2Head,
  replayBytesMax,
  retryDelayMs,
  type TryFailure,
  traceOf,
  traceparentOf,
  withField,
} from "@beemesh/proxy";
import type { Endpoint } from "@beemesh/workload";
import { Http2Answer } from "./http2-answer.ts";
import type { Http2ConnectionOptions } from "./http2-connection.ts";
import { endStreamFlag } from "./http2-limits.ts";
import type { Http2Upstream } from "./http2-pool.ts";
import { Http2Relay } from "./http2-relay.ts";

/** For choices and for the ids of traces: nobody gains by guessing them. */
const random = { below: (bound: number): number => Math.floor(Math.random() * bound) };

/** Codes of RFC 9113, section 7. */
const errorCodes = { none: 0, refused: 7, cancel: 8 } as const;

/** A try: the endpoint it goes to, and the stream when there is one. */
interface Try {
  readonly uid: string;
  /** When it was sent; before, when it began. To make a connection says little of the pod. */
  since: number;
  upstream?: Http2Upstream;
  stream?: ClientHttp2Stream;
  isAnswered: boolean;
}

/**
 * One request of HTTP/2, or one call of gRPC: to the endpoint that is best for it, tried again
 * elsewhere if that is safe, and passed on in both directions as it comes.
 *
 * What is kept of its body is there for another try; with the answer's first byte, or when it
 * becomes too large, it is let go and there is no other try.
 */
export class Http2Request {
  readonly #stream: ServerHttp2Stream;
  readonly #fields: RawFields;
  readonly #head: Http2Head;
  readonly #isBodyless: boolean;
  readonly #options: Http2ConnectionOptions;
  readonly #answer: Http2Answer;
  readonly #trace: RequestTrace | undefined;
  readonly #tried: string[] = [];
  readonly #started: Now;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #trailers: RawFields = [];
  #isEnded = false;
  #try: Try | undefined;
  #relay: Http2Relay | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #tryTimer: NodeJS.Timeout | undefined;

  /** @param isEnd - Whether the request has no body. */
  constructor(
    stream: ServerHttp2Stream,
    fields: RawFields,
    isEnd: boolean,
    options: Http2ConnectionOptions,
  ) {
    this.#stream = stream;
    this.#fields = fields;
    this.#head = readHttp2Head(fields);
    this.#isBodyless = isEnd;
    this.#isEnded = isEnd;
    this.#options = options;
    this.#answer = new Http2Answer(stream, this.#head);
    this.#started = { at: instantAt(performance.now()), wallMs: options.nowMs() };
    this.#trace = traceOf(this.#head.traceparent, options.traceShare(), random);
  }

  /** Brings the request on its way. */
  begin(): void {
    const stream = this.#stream;
    this.#options.route.budget.deposit(this.#started.at);
    stream.on("error", () => {});
    stream.on("close", () => this.#onClientClose());
    if (!this.#isBodyless) this.#readBody();
    this.#watchDeadline();
    if (this.#head.method === "CONNECT") this.#fail("protocol");
    else this.#choose();
  }

  #readBody(): void {
    const stream = this.#stream;
    stream.on("data", (chunk: Buffer) => this.#onBody(chunk));
    stream.on("trailers", (_headers, _flags, fields: RawFields) => {
      this.#trailers = fields;
    });
    stream.on("end", () => {
      this.#isEnded = true;
      this.#relay?.endRequest();
    });
  }

  #onBody(chunk: Buffer): void {
    this.#options.received.add(chunk.length);
    if (this.#kept !== undefined) {
      this.#kept.push(chunk);
      this.#keptBytes += chunk.length;
    }
    if (this.#relay !== undefined) {
      if (this.#keptBytes > replayBytesMax) this.#forget();
      this.#relay.send(chunk);
    } else if (this.#keptBytes >= replayBytesMax) this.#stream.pause();
  }

  #forget(): void {
    this.#kept = undefined;
    this.#keptBytes = 0;
  }

  /** The client's own deadline is for the whole call; a route's is for the answer's beginning. */
  #watchDeadline(): void {
    const { deadlineMs, isGrpc } = this.#head;
    const { route } = this.#options;
    // A call of gRPC may be one of events, whose answer begins with the first of them.
    const routeMs = isGrpc ? route.settings.requestMs : route.timeouts.requestMs;
    if (deadlineMs !== undefined) {
      this.#deadline = setTimeout(() => this.#fail("timeout"), Math.min(deadlineMs, timerMsMax));
    } else if (routeMs !== undefined && routeMs > 0) {
      this.#deadline = setTimeout(() => this.#fail("timeout"), routeMs);
    }
  }

  /** Chooses an endpoint, and brings the request there. */
  #choose(): void {
    if (this.#stream.destroyed) return;
    const { route } = this.#options;
    const now = instantAt(performance.now());
    const choice = route.balancer.choose(random, now, this.#tried);
    if (choice.kind === "none") {
      this.#fail(choice.cause === "empty" ? "empty" : "full");
      return;
    }
    const { uid } = choice;
    const endpoint = route.endpoint(uid);
    this.#tried.push(uid);
    route.balancer.started(uid);
    const attempt: Try = { uid, since: performance.now(), isAnswered: false };
    this.#try = attempt;
    const ready = endpoint && this.#options.pool.ready(endpoint);
    if (endpoint === undefined) this.#onFailed(attempt, "connect");
    else if (ready === undefined) void this.#connect(attempt, endpoint);
    else this.#send(attempt, ready);
  }

  async #connect(attempt: Try, endpoint: Endpoint): Promise<void> {
    const { pool, route, service } = this.#options;
    let made = await pool.take(endpoint, { service, balancer: route.balancer });
    if (this.#try !== attempt) return;
    if (typeof made === "object" && made.isOpen && !made.hasRoom) {
      // Others who waited for the same one have filled it.
      made = pool.ready(endpoint);
      if (made === undefined) return void this.#connect(attempt, endpoint);
    }
    if (made === "full") this.#onFailed(attempt, "full");
    else if (made?.isOpen !== true) this.#onFailed(attempt, "connect");
    else this.#send(attempt, made);
  }

  #send(attempt: Try, upstream: Http2Upstream): void {
    let stream: ClientHttp2Stream;
    try {
      stream = upstream.request(this.#sentFields(), this.#isBodyless);
    } catch {
      this.#onFailed(attempt, upstream.isOpen ? "protocol" : "connect");
      return;
    }
    attempt.since = performance.now();
    attempt.upstream = upstream;
    attempt.stream = stream;
    const relay = new Http2Relay(this.#stream, stream, {
      sent: this.#options.sent,
      requestTrailers: () => this.#trailers,
    });
    this.#relay = relay;
    stream.on("response", (_headers, flags, fields: RawFields) =>
      this.#onResponse(attempt, relay, { fields, isEnd: (flags & endStreamFlag) !== 0 }),
    );
    stream.on("close", () => this.#onUpstreamClose(attempt, relay));
    this.#watchTry(attempt);
    for (const chunk of this.#kept ?? []) relay.send(chunk);
    if (this.#keptBytes > replayBytesMax) this.#forget();
    if (!this.#isBodyless && this.#isEnded) relay.endRequest();
    if (this.#stream.isPaused()) this.#stream.resume();
  }

  #sentFields(): RawFields {
    if (this.#trace === undefined) return this.#fields;
    return withField(this.#fields, "traceparent", traceparentOf(this.#trace.context));
  }

  #watchTry(attempt: Try): void {
    clearTimeout(this.#tryTimer);
    const { tryMs } = this.#options.route.settings;
    if (tryMs === undefined) return;
    this.#tryTimer = setTimeout(() => this.#onFailed(attempt, "timeout"), tryMs);
  }

  #onResponse(
    attempt: Try,
    relay: Http2Relay,
    { fields, isEnd }: { readonly fields: RawFields; readonly isEnd: boolean },
  ): void {
    if (this.#try !== attempt) return;
    clearTimeout(this.#tryTimer);
    const failure = failureOf(fields, isEnd);
    const retryAfter = fieldOf(fields, "retry-after");
    if (failure !== undefined && this.#tryAgain(attempt, failure, retryAfter)) return;
    attempt.isAnswered = true;
    this.#forget();
    if (this.#head.deadlineMs === undefined) clearTimeout(this.#deadline);
    if (failure === undefined) {
      const now = instantAt(performance.now());
      this.#options.route.balancer.answered(attempt.uid, now, performance.now() - attempt.since);
    }
    this.#answer.begin(fields);
    relay.respond(fields, isEnd);
  }

  /** The stream to the endpoint is over, one way or another. */
  #onUpstreamClose(attempt: Try, relay: Http2Relay): void {
    if (this.#try !== attempt) return;
    if (relay.isWhole) {
      this.#onWhole(attempt, relay);
      return;
    }
    const { isUnsent, isLost, code } = endOf(attempt);
    if (!attempt.isAnswered && (isUnsent || isLost)) {
      this.#onFailed(attempt, isUnsent ? "connect" : "reset");
    } else if (isLost) {
      this.#finish(attempt, "gateway");
      this.#answer.breakOff("lost");
    } else {
      // What the program has said of its stream is said to the client in the same words.
      this.#finish(attempt, "ok");
      this.#answer.reset(code);
    }
  }

  #onWhole(attempt: Try, relay: Http2Relay): void {
    this.#answer.end(relay.trailers);
    this.#finish(attempt, this.#answer.outcome);
    this.#hearNoMore(relay);
  }

  /**
   * Who is answered before all was heard need not say the rest (RFC 9113, section 8.1). Clients of
   * gRPC know that by the status, and some take a reset beside it for a fault: what they still
   * say is dropped.
   */
  #hearNoMore(relay?: Http2Relay): void {
    const stream = this.#stream;
    this.#forget();
    if (this.#isEnded || stream.destroyed || stream.closed) return;
    if (this.#head.isGrpc) stream.resume();
    else if (relay?.awaitsTrailers === true) {
      // Not before they have gone, which is once this turn is over.
      const close = (): void => stream.close(errorCodes.none);
      stream.once("wantTrailers", () => setImmediate(close));
    } else stream.close(errorCodes.none);
  }

  #onFailed(attempt: Try, failure: Failure): void {
    if (this.#try !== attempt) return;
    if (failure === "protocol") this.#fail(failure);
    else if (!this.#tryAgain(attempt, failure, "")) this.#fail(failure);
  }

  #tryAgain(attempt: Try, failure: TryFailure, retryAfter: string): boolean {
    const { route, meter, service } = this.#options;
    const isSent = attempt.stream !== undefined && failure !== "connect" && failure !== "full";
    const request = {
      method: this.#head.method,
      isSent,
      isReplayable: this.#kept !== undefined,
      isUpgrade: false,
      tries: this.#tried.length,
      triesMax: route.triesMax,
    };
    if (attempt.isAnswered || !mayRetry(request, failure)) return false;
    const wait = { isSent, failure, tries: request.tries, retryAfter };
    const delayMs = retryDelayMs(wait, random);
    const now = instantAt(performance.now());
    if (delayMs === undefined || !route.budget.withdraw(now)) return false;
    meter.retried(service);
    this.#drop(attempt, failure === "full" || failure === 429 ? "cancelled" : "gateway");
    if (delayMs === 0) this.#choose();
    else this.#retryTimer = setTimeout(() => this.#choose(), delayMs);
    return true;
  }

  /** Answers in the place of an endpoint, or breaks off if one has begun to answer. */
  #fail(failure: Failure | "empty"): void {
    const attempt = this.#try;
    const isFault = failure === "connect" || failure === "reset" || failure === "timeout";
    // A client whose own time is over says nothing of the endpoint.
    const isOwnTime = failure === "timeout" && this.#head.deadlineMs !== undefined;
    if (attempt !== undefined) this.#drop(attempt, isFault && !isOwnTime ? "gateway" : "cancelled");
    clearTimeout(this.#retryTimer);
    this.#answer.fail(failure);
    this.#hearNoMore();
  }

  /** The client broke off, or has its answer and is done. */
  #onClientClose(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#deadline);
    clearTimeout(this.#tryTimer);
    this.#forget();
    if (this.#try !== undefined) this.#drop(this.#try, "cancelled");
    this.#options.onDone({
      head: this.#head,
      started: this.#started,
      answer: this.#answer,
      trace: this.#trace,
      tried: this.#tried,
      resetCode: this.#stream.rstCode ?? 0,
    });
  }

  #finish(attempt: Try, outcome: Outcome): void {
    this.#judge(attempt, outcome);
    this.#try = undefined;
    this.#relay = undefined;
  }

  /** Gives a try up; what it still says is of no interest. */
  #drop(attempt: Try, outcome: Outcome): void {
    clearTimeout(this.#tryTimer);
    this.#finish(attempt, outcome);
    const { stream } = attempt;
    if (stream === undefined || stream.closed) return;
    stream.on("error", () => {});
    stream.resume();
    // The client's own word, or that nobody waits for it any more.
    stream.close(this.#stream.rstCode || errorCodes.cancel);
  }

  #judge({ uid, since, isAnswered }: Try, outcome: Outcome): void {
    const { route, meter, service } = this.#options;
    const nowMs = performance.now();
    const latencyMs = isAnswered && outcome === "ok" ? undefined : nowMs - since;
    const isEjected = route.balancer.finished(uid, instantAt(nowMs), outcome, latencyMs);
    if (isEjected) meter.ejected(service);
  }
}

type Failure = TryFailure | "protocol";
type Outcome = "ok" | "serverError" | "gateway" | "cancelled";

/** Longest time that a timer of Node's can wait. */
const timerMsMax = 2 ** 31 - 1;

/** How a stream ended that is not whole: whether the program has seen it, or is there at all. */
function endOf({ stream, upstream }: Try): {
  readonly isUnsent: boolean;
  readonly isLost: boolean;
  readonly code: number;
} {
  if (stream === undefined || upstream === undefined) {
    return { isUnsent: true, isLost: true, code: errorCodes.cancel };
  }
  const { rstCode: code } = stream;
  const isUnseen = upstream.isRefused || upstream.isUnseen(stream);
  return { isUnsent: isUnseen || code === errorCodes.refused, isLost: upstream.isLost, code };
}

/**
 * What an answer's head says of a failure that another endpoint may not have: a status of HTTP, or
 * gRPC's UNAVAILABLE where there is nothing but that.
 */
function failureOf(fields: RawFields, isEnd: boolean): number | undefined {
  const status = Number(fieldOf(fields, ":status"));
  if (isRetriedAnswer(status)) return status;
  return isEnd && fieldOf(fields, "grpc-status") === unavailable ? 503 : undefined;
}

const unavailable = "14";

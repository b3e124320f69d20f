import { after, type Instant, type Now } from "@beemesh/base";
import type { MachineMessage } from "@beemesh/workload";
import { type Answer, answerBytes, messageBytesMax } from "./answer.ts";
import { AnswerCache } from "./answer-cache.ts";
import { type Query, readQuery, typeName } from "./query.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What happens to a name server. */
export type NameServerEvent =
  /** A message came. `id` is the caller's own: it names who gets the reply. */
  | {
      readonly kind: "query";
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly transport: "udp" | "tcp";
    }
  /** The machine's answer to `ask`, under the same id. */
  | { readonly kind: "answered"; readonly answer: NamesMessage }
  /** Names are no longer believed. */
  | { readonly kind: "forget" }
  /** There is a new channel to the machine, on which nothing was asked yet. */
  | { readonly kind: "connected" }
  /** Time has passed. Extra ticks are harmless. */
  | { readonly kind: "tick" };

/** What the caller must do, in order. Each query gets one `reply` or one `drop`. */
export type NameServerEffect =
  | { readonly kind: "ask"; readonly id: number; readonly name: string; readonly type: string }
  | { readonly kind: "reply"; readonly id: number; readonly bytes: Uint8Array }
  /** Nothing is sent to who asked under this id. `cause` is a stable word for a metric. */
  | { readonly kind: "drop"; readonly id: number; readonly cause: "malformed" | "flood" }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant };

type NamesMessage = Omit<Extract<MachineMessage, { readonly kind: "names" }>, "kind">;

/** Queries of one pod: ten times what a busy one asks. More are not even read. */
const queryRateMax = { perSecond: 5000, burst: 2500 };

/** Questions to the machine, which has other pods too. */
const askRateMax = { perSecond: 500, burst: 500 };

/** Different questions in flight to the machine. */
const flightsMax = 256;

/** Queries that wait for the machine's answers, in all. */
const waitingMax = 1024;

/** When a stale answer is given rather than none (RFC 8767, section 5: 1.8 s). */
const patienceMs = 1800;

/** When a query without any answer fails: before resolvers give up, which wait for 5 s. */
const timeoutMs = 4000;

/** A question that was not answered for so long was lost. */
const flightMs = 10_000;

interface Waiting {
  readonly id: number;
  readonly query: Query;
  readonly sizeMax: number;
  readonly since: Instant;
}

interface Flight {
  readonly id: number;
  readonly question: string;
  readonly name: string;
  readonly type: string;
  since: Instant;
  waiting: Waiting[];
}

/**
 * The name server of a pod: it reads queries, asks its machine, and keeps what the machine said
 * for as long as it may. The same question is asked once however many ask it; when the machine is
 * silent, what was known lately is said again. Whatever comes, it takes bounded memory: its cache,
 * the questions in flight and those who wait are bounded, and a flood is refused or dropped.
 *
 *     query ──▶ cache ──fresh──▶ reply
 *                 │ stale or unknown
 *                 ▼
 *               flight ──ask──▶ machine ──answered──▶ cache, reply to all who wait
 *                 └─ 1.8 s: the stale answer, 4 s: SERVFAIL
 */
export class NameServer {
  readonly #cache = new AnswerCache();
  readonly #flights = new Map<string, Flight>();
  readonly #byId = new Map<number, Flight>();
  readonly #queries = new TokenBucket(queryRateMax);
  readonly #asks = new TokenBucket(askRateMax);
  #waiting = 0;
  #asked = 0;
  #rotation = 0;
  /** When the next of those in flight is due. */
  #dueAt: Instant | undefined;
  #wakeAt: Instant | undefined;

  /** How much is held now, for metrics and for the proof that it is bounded. */
  get holdings(): {
    readonly answers: number;
    readonly records: number;
    readonly flights: number;
    readonly waiting: number;
  } {
    const { size: answers, records } = this.#cache;
    return { answers, records, flights: this.#flights.size, waiting: this.#waiting };
  }

  step(event: NameServerEvent, { at: now }: Now): readonly NameServerEffect[] {
    const out: NameServerEffect[] = [];
    if (event.kind === "query") this.#query(event, now, out);
    else if (event.kind === "answered") this.#answered(event.answer, now, out);
    else if (event.kind === "forget") this.#cache.expire(now);
    else if (event.kind === "connected") {
      for (const { id, name, type } of this.#flights.values()) {
        out.push({ kind: "ask", id, name, type });
      }
    }
    if (this.#dueAt !== undefined && now >= this.#dueAt) this.#expire(now, out);
    return [...out, ...this.#wake(now)];
  }

  #query(
    event: Extract<NameServerEvent, { readonly kind: "query" }>,
    now: Instant,
    out: NameServerEffect[],
  ): void {
    const { id, bytes, transport } = event;
    if (!this.#queries.take(now)) {
      out.push({ kind: "drop", id, cause: "flood" });
      return;
    }
    const query = readQuery(bytes);
    if (query === undefined) {
      out.push({ kind: "drop", id, cause: "malformed" });
      return;
    }
    const sizeMax = transport === "tcp" ? messageBytesMax : query.payloadMax;
    const waiting = { id, query, sizeMax, since: now };
    const { name } = query;
    const own = ownAnswer(query);
    if (own !== undefined || name === undefined) out.push(this.#reply(waiting, own ?? absent));
    else this.#resolve(name, waiting, out);
  }

  #resolve(name: string, waiting: Waiting, out: NameServerEffect[]): void {
    const type = typeName(waiting.query.type);
    const question = `${name} ${type}`;
    const now = waiting.since;
    const known = this.#cache.find(question, now);
    const underWay = this.#flights.get(question);
    const isSilent = underWay !== undefined && now >= after(underWay.since, patienceMs);
    if (known !== undefined && (known.isFresh || isSilent)) {
      out.push(this.#reply(waiting, known.answer));
      return;
    }
    const flight = underWay ?? this.#ask({ question, name, type }, now, out);
    if (flight === undefined || this.#waiting >= waitingMax) {
      out.push(this.#reply(waiting, known?.answer ?? refused));
      return;
    }
    flight.waiting.push(waiting);
    this.#waiting += 1;
    this.#due(after(now, known === undefined ? timeoutMs : patienceMs));
  }

  #ask(
    what: Pick<Flight, "question" | "name" | "type">,
    now: Instant,
    out: NameServerEffect[],
  ): Flight | undefined {
    if (this.#flights.size >= flightsMax || !this.#asks.take(now)) return undefined;
    this.#asked += 1;
    const flight: Flight = { ...what, id: this.#asked, since: now, waiting: [] };
    this.#flights.set(flight.question, flight);
    this.#byId.set(flight.id, flight);
    this.#due(after(now, flightMs));
    out.push({ kind: "ask", id: flight.id, name: what.name, type: what.type });
    return flight;
  }

  #answered({ id, ...answer }: NamesMessage, now: Instant, out: NameServerEffect[]): void {
    const flight = this.#byId.get(id);
    if (flight === undefined) return;
    this.#land(flight);
    const { question, waiting } = flight;
    this.#cache.keep(question, answer, now);
    this.#waiting -= waiting.length;
    for (const each of waiting) out.push(this.#reply(each, answer));
  }

  /** Gives those who have waited too long what there is, and gives up what was lost. */
  #expire(now: Instant, out: NameServerEffect[]): void {
    this.#dueAt = undefined;
    for (const flight of this.#flights.values()) {
      const limitMs = this.#cache.has(flight.question, now) ? patienceMs : timeoutMs;
      this.#tire(flight, limitMs, now, out);
      const isLost = now >= after(flight.since, flightMs);
      if (isLost && flight.waiting.length === 0) {
        this.#land(flight);
        continue;
      }
      if (isLost) {
        const { id, name, type } = flight;
        flight.since = now;
        out.push({ kind: "ask", id, name, type });
      }
      const [first] = flight.waiting;
      this.#due(after(flight.since, flightMs));
      if (first !== undefined) this.#due(after(first.since, limitMs));
    }
  }

  #tire(flight: Flight, limitMs: number, now: Instant, out: NameServerEffect[]): void {
    const late = flight.waiting.filter(({ since }) => now >= after(since, limitMs));
    if (late.length === 0) return;
    const answer = this.#cache.find(flight.question, now)?.answer ?? failed;
    flight.waiting = flight.waiting.slice(late.length);
    this.#waiting -= late.length;
    for (const each of late) out.push(this.#reply(each, answer));
  }

  #wake(now: Instant): readonly NameServerEffect[] {
    if (this.#wakeAt !== undefined && now >= this.#wakeAt) this.#wakeAt = undefined;
    const at = this.#dueAt;
    if (at === undefined || (this.#wakeAt !== undefined && this.#wakeAt <= at)) return [];
    this.#wakeAt = at;
    return [{ kind: "wake", at }];
  }

  #due(at: Instant): void {
    if (this.#dueAt === undefined || at < this.#dueAt) this.#dueAt = at;
  }

  #land({ id, question }: Flight): void {
    this.#byId.delete(id);
    this.#flights.delete(question);
  }

  #reply({ id, query, sizeMax }: Waiting, answer: Answer): NameServerEffect {
    this.#rotation = (this.#rotation + 1) % 2 ** 30;
    const bytes = answerBytes(query, answer, { sizeMax, rotation: this.#rotation });
    return { kind: "reply", id, bytes };
  }
}

const absent: Answer = { status: "absent", ttlSeconds: 0, records: [] };
const refused: Answer = { status: "refused", ttlSeconds: 0, records: [] };
const failed: Answer = { status: "failed", ttlSeconds: 0, records: [] };

const internet = 1;

/** Types that are no records but requests of other kinds: transfers, mailboxes, signatures. */
const metaTypes: ReadonlySet<number> = new Set([0, 249, 250, 251, 252, 253, 254]);

/** What is said without asking anybody; undefined if the machine must be asked. */
function ownAnswer({ code, class: of, type, name }: Query): Answer | undefined {
  if (code !== 0) return refused;
  if (of !== internet || metaTypes.has(type) || name === "") return refused;
  return undefined;
}

import { after, elapsedMs, type Instant, type Random } from "@beemesh/base";
import { Breaker, type BreakerLimits, breakerLimits } from "./breaker.ts";
import { Ejection, type Outcome, outlierRate } from "./ejection.ts";
import { PeakEwma } from "./peak-ewma.ts";

/** An endpoint, or why there is none: no endpoint at all, or every one has all that it may. */
export type Choice =
  | { readonly kind: "endpoint"; readonly uid: string }
  | { readonly kind: "none"; readonly cause: "empty" | "full" };

/** Share of the endpoints that may be left out at once: who is left must carry their load. */
const ejectedShareMax = 0.5;

/** How often success rates are compared (Envoy's `interval`). */
const rateIntervalMs = 10_000;

interface Candidate {
  readonly uid: string;
  readonly cost: PeakEwma;
  readonly breaker: Breaker;
  readonly ejection: Ejection;
}

/**
 * Chooses among the endpoints of one route, for requests and for raw connections: of two drawn at
 * random the less loaded. Endpoints that fail are left out for a while and then tried with one
 * request; what is full is passed over. If all are left out, none is: a wrong suspicion must not
 * make an outage.
 *
 * Sources: Mitzenmacher, "The power of two choices in randomized load balancing", 2001; Envoy,
 * "Outlier detection" and "Panic threshold".
 */
export class Balancer {
  readonly #limits: BreakerLimits;
  #candidates: Candidate[] = [];
  #byUid = new Map<string, Candidate>();
  #ratesDue: Instant | undefined;
  #affinityMs: number | undefined;
  /** Who was chosen last, while the caller is to stay with it. */
  #last: { readonly uid: string; readonly at: Instant } | undefined;

  constructor(limits: BreakerLimits = breakerLimits) {
    this.#limits = limits;
  }

  /** Endpoints of the route, at most `endpointsMax` of `@beemesh/workload`. */
  get size(): number {
    return this.#candidates.length;
  }

  /** How many are left out now. */
  ejectedAt(now: Instant): number {
    return this.#candidates.filter(({ ejection }) => ejection.isOutAt(now)).length;
  }

  /** The route's endpoints from now on. What is known of those that stay is kept. */
  update(endpoints: readonly { readonly uid: string }[], now: Instant): void {
    const before = this.#byUid;
    this.#byUid = new Map(
      endpoints.map(({ uid }) => [uid, before.get(uid) ?? this.#candidateOf(uid, now)]),
    );
    this.#candidates = [...this.#byUid.values()];
  }

  /**
   * Whether all goes to the endpoint that was chosen before, while that is well: another one is
   * chosen only when nothing went there for so long.
   *
   * @param affinityMs - Undefined for no such wish; what was chosen before is forgotten then.
   */
  stick(affinityMs: number | undefined): void {
    this.#affinityMs = affinityMs;
    if (affinityMs === undefined) this.#last = undefined;
  }

  /** @param exclude - Uids that were tried already: taken only if there is no other. */
  choose(random: Random, now: Instant, exclude: readonly string[] = []): Choice {
    const choice = this.#again(now, exclude) ?? this.#chooseAny(random, now, exclude);
    const isSticky = this.#affinityMs !== undefined && choice.kind === "endpoint";
    if (isSticky) this.#last = { uid: choice.uid, at: now };
    return choice;
  }

  /** The endpoint that was chosen before, if the caller is to stay with it. */
  #again(now: Instant, exclude: readonly string[]): Choice | undefined {
    if (this.#affinityMs === undefined || this.#last === undefined) return undefined;
    const { uid, at } = this.#last;
    const candidate = this.#byUid.get(uid);
    if (candidate === undefined || exclude.includes(uid)) return undefined;
    if (elapsedMs(at, now) > this.#affinityMs) return undefined;
    const { breaker, ejection } = candidate;
    return breaker.isFull || ejection.isOutAt(now) ? undefined : { kind: "endpoint", uid };
  }

  #chooseAny(random: Random, now: Instant, exclude: readonly string[]): Choice {
    const count = this.#candidates.length;
    if (count === 0) return { kind: "none", cause: "empty" };
    const drawn = this.#draw(random).filter(
      (candidate) => isWell(candidate, now) && !exclude.includes(candidate.uid),
    );
    const best = lightest(drawn, now) ?? this.#search(random, now, exclude);
    return best === undefined
      ? { kind: "none", cause: "full" }
      : { kind: "endpoint", uid: best.uid };
  }

  /** A request, or a raw connection, goes to an endpoint. Each has one `ended`. */
  started(uid: string): void {
    const candidate = this.#byUid.get(uid);
    candidate?.breaker.started();
    candidate?.ejection.started();
  }

  /**
   * A good answer has begun, and may go on for days. What is told here counts at once; how it
   * ends is told by `judged`, without a latency.
   *
   * @param latencyMs - To the response's head.
   */
  answered(uid: string, now: Instant, latencyMs: number): void {
    const candidate = this.#byUid.get(uid);
    candidate?.cost.observe(latencyMs, now);
    candidate?.ejection.answered();
  }

  /**
   * How a request, or the making of a raw connection, went.
   *
   * @param latencyMs - To the response's head, to the connection's acceptance, or to the failure;
   *   undefined if `answered` has told it.
   * @returns Whether the endpoint was ejected for it.
   */
  judged(uid: string, now: Instant, outcome: Outcome, latencyMs?: number): boolean {
    this.#compareRates(now);
    const candidate = this.#byUid.get(uid);
    if (candidate === undefined) return false;
    const { cost, ejection } = candidate;
    if (outcome === "gateway") cost.fail(latencyMs ?? 0, now);
    else if (outcome !== "cancelled" && latencyMs !== undefined) cost.observe(latencyMs, now);
    return !ejection.isOutAt(now) && ejection.note(outcome) && this.#eject(candidate, now);
  }

  /** A request, or a raw connection, is over. */
  ended(uid: string): void {
    this.#byUid.get(uid)?.breaker.finished();
  }

  /** `judged` and `ended` in one, for what is over when it is known how it went. */
  finished(uid: string, now: Instant, outcome: Outcome, latencyMs?: number): boolean {
    const isEjected = this.judged(uid, now, outcome, latencyMs);
    this.ended(uid);
    return isEjected;
  }

  /** Whether the pool may make another connection to an endpoint. */
  mayConnect(uid: string): boolean {
    return this.#byUid.get(uid)?.breaker.mayConnect ?? false;
  }

  /** The pool makes a connection; `connected` tells how that ended. */
  connecting(uid: string): void {
    this.#byUid.get(uid)?.breaker.connecting();
  }

  connected(uid: string, isOpen: boolean): void {
    this.#byUid.get(uid)?.breaker.connected(isOpen);
  }

  disconnected(uid: string): void {
    this.#byUid.get(uid)?.breaker.disconnected();
  }

  #candidateOf(uid: string, now: Instant): Candidate {
    return {
      uid,
      cost: new PeakEwma(now),
      breaker: new Breaker(this.#limits),
      ejection: new Ejection(),
    };
  }

  /** Two different candidates, or the only one. */
  #draw(random: Random): Candidate[] {
    const count = this.#candidates.length;
    const first = random.below(count);
    if (count === 1) return this.#candidates.slice(0, 1);
    const second = (first + 1 + random.below(count - 1)) % count;
    return [first, second].flatMap((index) => this.#candidates[index] ?? []);
  }

  /** The draw had nobody who is well: the best of two of what there is, wish by wish. */
  #search(random: Random, now: Instant, exclude: readonly string[]): Candidate | undefined {
    const able = this.#candidates.filter(({ breaker }) => !breaker.isFull);
    const fresh = able.filter(({ uid }) => !exclude.includes(uid));
    const well = (of: readonly Candidate[]): Candidate[] => of.filter((one) => isWell(one, now));
    const groups = [well(fresh), well(able), fresh, able];
    const group = groups.find(({ length }) => length > 0);
    if (group === undefined) return undefined;
    const start = random.below(group.length);
    return lightest([...group.slice(start), ...group.slice(0, start)].slice(0, 2), now);
  }

  #eject(candidate: Candidate, now: Instant): boolean {
    const allowed = Math.floor(this.#candidates.length * ejectedShareMax);
    if (this.ejectedAt(now) >= allowed) return false;
    candidate.ejection.eject(now);
    candidate.cost.forget();
    return true;
  }

  #compareRates(now: Instant): void {
    this.#ratesDue ??= after(now, rateIntervalMs);
    if (now < this.#ratesDue) return;
    this.#ratesDue = after(now, rateIntervalMs);
    const rated = this.#candidates.flatMap((candidate) => {
      const rate = candidate.ejection.takeRate();
      return rate === undefined ? [] : [{ candidate, rate }];
    });
    const threshold = outlierRate(rated.map(({ rate }) => rate));
    for (const { candidate, rate } of rated) {
      if (rate < threshold && !candidate.ejection.isOutAt(now)) this.#eject(candidate, now);
    }
  }
}

/** Neither full, nor left out, nor being tried by a request that has no answer yet. */
function isWell({ breaker, ejection }: Candidate, now: Instant): boolean {
  return !breaker.isFull && !ejection.isOutAt(now) && !ejection.isProbed;
}

function lightest(candidates: readonly Candidate[], now: Instant): Candidate | undefined {
  const [first, second] = candidates;
  if (first === undefined || second === undefined) return first;
  const isFirst =
    first.cost.loadAt(now, first.breaker.requests) <=
    second.cost.loadAt(now, second.breaker.requests);
  return isFirst ? first : second;
}

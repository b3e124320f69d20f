import { assert, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import { type Context, change } from "./context.ts";
import type { Detector } from "./detector.ts";
import type { Exchange } from "./exchange.ts";
import { isLive, type Member, supersedes } from "./member.ts";
import {
  type Claim,
  type MembershipMessage,
  memberOf,
  recordsMax,
  type Statement,
  statementOf,
} from "./message.ts";

/** Up to this many machines called dead are told so directly, more by pub/sub. */
const daresDirectMax = 4;

type NewsMessage = Extract<MembershipMessage, { k: "news" }>;

/** How a message came. */
interface Route {
  readonly from: PeerId;
  /** Over the sender's own connection rather than by pub/sub. */
  readonly direct: boolean;
  readonly at: Instant;
}

/**
 * What machines say of each other and of themselves.
 *
 * The higher incarnation holds, and only the machine itself raises it. Among statements of one
 * incarnation the worse holds, so that a death is not undone by old news. But a word that comes
 * late, such as from the other side of a healed partition, is not believed at once: the machine
 * that it speaks of is told, and has a moment to object.
 */
export class News {
  readonly #context: Context;
  readonly #detector: Detector;
  readonly #exchange: Exchange;

  constructor(context: Context, detector: Detector, exchange: Exchange) {
    this.#context = context;
    this.#detector = detector;
    this.#exchange = exchange;
  }

  /** This machine as it says of itself. */
  self(): Member {
    const self = this.#context.view.get(this.#context.self);
    assert(self !== undefined, "a machine knows itself");
    return self;
  }

  /** Takes statements; answers a sender whose knowledge is older than ours. */
  learn(news: NewsMessage, route: Route): void {
    const stale: Statement[] = [];
    const dares: Claim[] = [];
    for (const statement of news.m) {
      const member = memberOf(statement);
      const own = this.#context.view.get(member.id);
      if (member.id === this.#context.self) this.#hearOfSelf(member, stale);
      else if (own === undefined) this.#welcome(member, route);
      else if (!supersedes(member, own)) {
        if (supersedes(own, member)) stale.push(statementOf(own));
      } else if (member.state === "dead" && isLive(own)) {
        if (this.#hearOfDeath(member, news.f === 1, route.at)) {
          dares.push([member.id, member.incarnation]);
        }
      } else this.#adopt(member);
    }
    this.#dare(dares);
    if (route.direct) this.#exchange.tell(route.from, stale);
  }

  /** This machine may be among those who are called dead: then it says otherwise. */
  answerDare(claims: readonly Claim[]): void {
    const self = this.self();
    for (const [id, incarnation] of claims) {
      if (id === self.id && incarnation >= self.incarnation) this.#refute(incarnation);
    }
  }

  /** Tells everybody what this machine has become. */
  renew(part: Partial<Pick<Member, "addresses" | "startedMs" | "incarnation">>): void {
    const self = this.self();
    change(this.#context, { ...self, incarnation: self.incarnation + 1, ...part });
    this.announce([statementOf(this.self())]);
  }

  /** Holds a machine dead; tells everybody if this machine found out. */
  declareDead(id: PeerId, own: boolean): void {
    const member = this.#context.view.get(id);
    if (member === undefined || !isLive(member)) return;
    const dead: Member = { ...member, state: "dead" };
    this.#bury(dead);
    if (!own) return;
    this.announce([statementOf(dead)], true);
    // If it lives after all, nobody can object faster than the machine itself.
    this.#context.out.send(id, { k: "dare", m: [[id, member.incarnation]] });
  }

  /** Says goodbye. */
  leave(): void {
    const self = this.self();
    change(this.#context, { ...self, state: "left" });
    this.announce([statementOf(this.self())]);
  }

  /** Tells everybody: by pub/sub, and directly those whom it may not reach in time. */
  announce(statements: readonly Statement[], found = false): void {
    const { view, self, out, options } = this.#context;
    const message = { k: "news", m: statements, ...(found && { f: 1 as const }) } as const;
    out.add({ kind: "publish", message });
    const small = view.live.size <= options.smallMax;
    const count = small ? options.smallMax : options.watchersCount;
    for (const peer of view.live.after(self, count)) out.send(peer, message);
  }

  /** A word that a live machine is dead; gives whether the machine must be asked to object. */
  #hearOfDeath(member: Member, found: boolean, at: Instant): boolean {
    if (found && !this.#detector.hasHeard(member.id, at)) {
      this.#bury(member);
      return false;
    }
    const { objectionMs, hearsayMs } = this.#context.options;
    this.#detector.doubtWord(member.id, found ? objectionMs : hearsayMs, at);
    return true;
  }

  #hearOfSelf(member: Member, stale: Statement[]): void {
    const self = this.self();
    const confused = isLive(member) && member.startedMs === self.startedMs;
    if (member.incarnation < self.incarnation) stale.push(statementOf(self));
    else if (member.incarnation > self.incarnation || !confused) this.#refute(member.incarnation);
  }

  #refute(incarnation: number): void {
    this.renew({ incarnation: incarnation + 1 });
    this.#context.out.observe("member.refuted", { incarnation: incarnation + 1 });
  }

  /** A machine that was not known. Of strangers who are gone nothing needs to be known. */
  #welcome(member: Member, { from, direct }: Route): void {
    if (!isLive(member)) return;
    change(this.#context, member);
    // Its own broadcast may have come before it had anybody to send it: vouch for it once.
    if (direct && from === member.id) {
      this.#context.out.add({
        kind: "publish",
        message: { k: "news", m: [statementOf(member)] },
      });
    }
  }

  #adopt(member: Member): void {
    this.#detector.trust(member.id);
    const addresses = isLive(member)
      ? member.addresses
      : (this.#context.view.get(member.id)?.addresses ?? []);
    change(this.#context, { ...member, addresses });
    if (!isLive(member)) this.#detector.drop(member.id);
  }

  #bury(member: Member): void {
    this.#adopt(member);
    this.#context.out.observe("member.dead", { member: member.id });
  }

  #dare(claims: readonly Claim[]): void {
    const { out, view, options } = this.#context;
    if (claims.length > daresDirectMax && view.live.size > options.smallMax) {
      out.add({ kind: "publish", message: { k: "dare", m: claims.slice(0, recordsMax) } });
      return;
    }
    for (const claim of claims) out.send(claim[0], { k: "dare", m: [claim] });
  }
}

import { randomUUID } from "node:crypto";
import { BeeError, type Now, unreachable } from "@beemesh/base";
import {
  type Answer,
  type Decided,
  Inquiry,
  isRepeatable,
  Recent,
  type RecordStamp,
  revisionIn,
  shownRevision,
  type Version,
  type WriteQuestion,
} from "@beemesh/deciding";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { collectionOf, isJsonObject, type Json, type JsonObject, type PeerId } from "@beemesh/wire";
import { notDurable } from "../acknowledgements.ts";
import { statusReply } from "../status-reply.ts";
import type { Case, Court } from "./court.ts";
import type { NoAnswer, QuestionLines } from "./question-lines.ts";

export interface AskingOptions {
  readonly court: Pick<Court, keyof Court>;
  readonly lines: Pick<QuestionLines, "ask">;
  /** Answers a request by what is here. */
  readonly handle: (request: ApiRequest) => FinalReply | Promise<FinalReply>;
  /** The newest revision that this machine has given out. */
  readonly revision: () => string;
  readonly clock: () => Now;
  readonly observe: (event: string, facts: Readonly<Record<string, string>>) => void;
}

/** How long a machine that nobody answers waits until it knows what there is. */
const settleMsMax = 4000;

/** How soon all are asked again of whom none could decide. */
const againMs = 100;

/** Namespaced kinds that writes to other kinds are judged by; all that has no namespace is one. */
const decisiveKinds: ReadonlySet<string> = new Set([
  "limitranges",
  "resourcequotas",
  "rolebindings.rbac.authorization.k8s.io",
  "roles.rbac.authorization.k8s.io",
  "serviceaccounts",
]);

/** Written all the time, and nothing else is judged by them. */
const chattyKinds: ReadonlySet<string> = new Set(["nodes"]);

/** One write that is being brought to its decider. */
interface Errand {
  readonly id: string;
  readonly request: ApiRequest;
  readonly matter: Case;
  readonly inquiry: Inquiry;
  /** The newest revision here before anything was asked. */
  readonly since: string;
}

/** Brings what clients write here to the machine that decides it, and its answer back. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #recent = new Recent();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Has a request answered by whoever decides it; all that it needs has been brought here. */
  async decide(request: ApiRequest): Promise<FinalReply> {
    const { court, handle, revision } = this.#options;
    const matter = court.caseOf(request);
    if (matter === undefined) return handle(request);
    const id = randomUUID();
    const inquiry = new Inquiry(court.self, isRepeatable(request));
    const named = { ...request, uid: id };
    const reply = await this.#pursue({ id, request: named, matter, inquiry, since: revision() });
    this.#remember(matter, reply);
    return reply;
  }

  async #pursue(errand: Errand): Promise<FinalReply> {
    const { court } = this.#options;
    const { inquiry, matter } = errand;
    for (;;) {
      const { collection } = matter;
      const order = court.orderOf(collection);
      const step = inquiry.next({ order, isReady: court.canDecide() });
      if (step.kind === "give-up") return inDoubt();
      if (step.kind === "wait") {
        await new Promise((resolve) => {
          setTimeout(resolve, againMs);
        });
        continue;
      }
      if (step.kind === "decide") {
        const reply = await this.#decideHere(errand, step.isLast);
        if (reply !== undefined) return reply;
        continue;
      }
      const answer = await this.#ask(step.peer, errand);
      const reply = this.#replyOf(step.peer, answer, errand);
      if (reply !== undefined) return reply;
    }
  }

  /** Decides here; undefined if another turns out to decide it. */
  async #decideHere(
    { matter, request, inquiry }: Errand,
    isLast: boolean,
  ): Promise<FinalReply | undefined> {
    const { court, handle } = this.#options;
    const isKeeper = court.orderOf(matter.collection).includes(court.self);
    // With nobody to ask, a machine that has just come waits until it has heard of the others.
    if (isLast && isKeeper) await court.untilKnown(matter, settleMsMax);
    const isPrepared = await court.prepare(matter);
    const left = court.leftTo(matter.collection, (peer) => inquiry.failedAt(peer));
    if (left !== undefined || (!isPrepared && !isLast)) {
      inquiry.fail(court.self, "unready");
      // Who was not to be reached has come back meanwhile, and was promised this.
      if (left !== undefined) inquiry.forgive(left);
      return undefined;
    }
    const reply = await handle(request);
    if (!inquiry.hasMissed || reply.kind !== "json" || reply.status >= 300) return reply;
    return { ...reply, warnings: [...(reply.warnings ?? []), decidedAlone] };
  }

  async #ask(peer: PeerId, errand: Errand): Promise<Answer | NoAnswer> {
    const { court, lines, observe } = this.#options;
    observe("decision.asked", { collection: errand.matter.collection });
    const question = this.#questionOf(errand);
    const answer = await lines.ask(peer, question);
    if (answer.kind !== "behind") return answer;
    observe("decision.caught-up", { collection: errand.matter.collection });
    return lines.ask(peer, { ...question, entries: court.entriesOf(answer.records) });
  }

  #questionOf({ id, request, matter, inquiry }: Errand): WriteQuestion {
    const { unready } = inquiry;
    const known = this.#known(matter);
    const version = this.#versionIn(request, matter);
    return {
      kind: "write",
      id,
      request,
      isForwarded: false,
      unready,
      version,
      known,
      entries: [],
    };
  }

  /** What the write may depend on and this machine has heard of. */
  #known({ record, namespace }: Case): readonly RecordStamp[] {
    const { court, clock } = this.#options;
    const home = { collection: collectionOf("namespaces", ""), name: namespace };
    return [
      ...court.versionOf(record),
      ...court.versionOf(home).filter(({ part }) => part === "spec"),
      ...this.#recent.list(clock().at),
    ];
  }

  /** The version that a request speaks of, if it is the one that is held here now. */
  #versionIn(request: ApiRequest, matter: Case): Version | undefined {
    const { court } = this.#options;
    const revision = revisionIn(request);
    const { name } = matter.record;
    if (revision === "" || revision !== court.revisionOf(matter, name)) return undefined;
    return { revision, parts: court.versionOf(matter.record) };
  }

  /** The reply that an answer comes to; undefined if another is to be asked. */
  #replyOf(peer: PeerId, answer: Answer | NoAnswer, errand: Errand): FinalReply | undefined {
    switch (answer.kind) {
      case "decided":
        return this.#reply(peer, answer, errand);
      case "refused":
        return statusReply({
          code: 403,
          reason: "Forbidden",
          message: `Cannot write to ${errand.matter.collection}: ${answer.reason}`,
        });
      case "busy":
        return statusReply({
          code: 429,
          reason: "TooManyRequests",
          message: "the machine that decides this write has too many to decide, please try again",
          retryAfterSeconds: 1,
        });
      case "failed":
        return failed(answer);
      case "unready":
      case "unreachable":
      case "lost":
        errand.inquiry.fail(peer, answer.kind, this.#options.court.mark);
        return undefined;
      case "behind":
      case "working":
      case "left":
      case "kept":
        errand.inquiry.fail(peer, "unready", this.#options.court.mark);
        return undefined;
      default:
        return unreachable(answer);
    }
  }

  /** The decision as a client of this machine sees it: it can read what it wrote at once. */
  #reply(peer: PeerId, answer: Decided, { matter, since }: Errand): FinalReply {
    const { court } = this.#options;
    court.takeIn(peer, answer.entries);
    const { status, headers, warnings, revision } = answer;
    const isOfMany =
      matter.record.name === "" && isJsonObject(answer.body) && "items" in answer.body;
    const own = answer.isPresent ? this.#revisionHere(matter, answer) : "";
    const body =
      isOfMany && isJsonObject(answer.body)
        ? everyRevision(answer.body, since)
        : shownRevision(answer.body, revision, own || since);
    return { kind: "json", status, body, headers, warnings };
  }

  /** What this machine calls the version that an answer shows; empty if it has a newer one. */
  #revisionHere(matter: Case, { entries }: Decided): string {
    const { court } = this.#options;
    const [first] = entries;
    const name = isJsonObject(first) ? first["name"] : undefined;
    if (typeof name !== "string") return "";
    const held = court.partsOf(matter.record.collection, name);
    const isSame =
      held.length === entries.length &&
      held.every(({ stamp }) =>
        entries.some((each) => isJsonObject(each) && each["stamp"] === stamp),
      );
    return isSame ? court.revisionOf(matter, name) : "";
  }

  /** What other writes are judged by is named to those who decide them. */
  #remember({ resource, record }: Case, reply: FinalReply): void {
    if (reply.kind !== "json" || reply.status >= 300) return;
    const [kind = ""] = record.collection.split("/");
    const isDecisive = resource.namespaced ? decisiveKinds.has(kind) : !chattyKinds.has(kind);
    if (!isDecisive) return;
    const { court, clock } = this.#options;
    for (const part of court.versionOf(record)) {
      if (part.part === "spec") this.#recent.add(part, clock().at);
    }
  }
}

const decidedAlone =
  "the machine that decides this does not answer: this one decided, others may decide otherwise";

function inDoubt(): FinalReply {
  return statusReply({
    code: 504,
    reason: "Timeout",
    message:
      "the machine that decides this was lost before it answered: look whether the write is " +
      "there before you repeat it",
  });
}

/** @throws {BeeError} `write-not-durable`, or `decision-failed` for what nobody foresaw. */
function failed({ code, message }: Extract<Answer, { kind: "failed" }>): FinalReply {
  if (code === "decision-in-doubt") return inDoubt();
  if (code === "write-not-durable") throw notDurable();
  if (code === "object-too-large") {
    return statusReply({ code: 413, reason: "RequestEntityTooLarge", message });
  }
  throw new BeeError("decision-failed", `Cannot decide the write: ${message || "it failed"}`);
}

/** A list, and all that is in it, with a revision of our own. */
function everyRevision(list: JsonObject, to: string): JsonObject {
  const { metadata, items } = list;
  return {
    ...list,
    ...(isJsonObject(metadata) ? { metadata: { ...metadata, resourceVersion: to } } : {}),
    ...(Array.isArray(items)
      ? { items: items.map((item: Json) => (isJsonObject(item) ? everyRevision(item, to) : item)) }
      : {}),
  };
}

/** The API as one function of requests, and what moves its watches on. */
import { BeeError, hashOf, type Instant, type Now, type Random } from "@beemesh/base";
import { findResource } from "@beemesh/model";
import type { ApiReply, ApiRequest, ObjectStore } from "@beemesh/ports";
import { admitted } from "./admission.ts";
import { type Authorize, attributesOf, mastersOnly, refusal, review } from "./authorization.ts";
import type { ApiContext, Call, Handler } from "./call.ts";
import { create } from "./create.ts";
import { remove, systemNamespaces } from "./deletion.ts";
import { discovery } from "./discovery.ts";
import { document, isPublic } from "./document.ts";
import { get, list, removeCollection } from "./list.ts";
import { patch } from "./patch.ts";
import { update } from "./replacement.ts";
import { type RequestInfo, requestInfoOf, type Verb } from "./request-info.ts";
import { reviewResources } from "./review-resource.ts";
import { methodNotAllowed, noSuchPath, replyWith, tooLarge } from "./status.ts";
import { subresource } from "./subresource.ts";
import { formatTimestamp } from "./timestamp.ts";
import { View } from "./view.ts";
import { watch } from "./watch-opening.ts";
import { type WatchLimits, WatchSet, watchLimits } from "./watch-set.ts";

export interface ApiOptions {
  readonly store: ObjectStore;
  /** For generated names and to spread the ends of watches. */
  readonly random: Random;
  /** Makes an RFC 4122 identifier that nobody has had before. */
  readonly makeUid: () => string;
  /** Whether the machine of the node with this name answers. */
  readonly isAlive: (node: string) => boolean;
  /** Without it, members of `system:masters` may do everything and nobody else anything. */
  readonly authorize?: Authorize;
  readonly watchLimits?: WatchLimits;
}

export interface Api {
  /** Answers one request. */
  readonly handle: (request: ApiRequest, now: Now) => ApiReply;
  /** Moves watches on; when to call again at the latest, if any is open. More calls do no harm. */
  readonly tick: (now: Now) => Instant | undefined;
  /** Tells watches of nodes whose machine has died or come back since the last call. */
  readonly machinesChanged: (now: Now) => void;
  /** Makes the system namespaces that are not there. */
  readonly bootstrap: (now: Now) => void;
}

/** Makes the API over a store. It listens to the store from now on. */
export function createApi(options: ApiOptions): Api {
  const { store, random, makeUid, isAlive, authorize = mastersOnly } = options;
  const watches = new WatchSet(options.watchLimits ?? watchLimits);
  const view = new View({ store, isAlive });
  const context: ApiContext = { store, random, makeUid, view, watches };
  store.onChange((change) => watches.deliver(change));
  return {
    handle: (request, now) => {
      watches.notice(now);
      const path = request.path.filter((segment) => segment !== "");
      return guarded(() => answer({ context, now, authorize, request: { ...request, path } }));
    },
    tick: (now) => watches.tick(now),
    machinesChanged: (now) => {
      watches.notice(now);
      const nodes = findResource("", "nodes");
      if (nodes === undefined) return;
      for (const node of view.changedNodes(now)) watches.refresh(nodes, node);
    },
    bootstrap: (now) => bootstrap(store, now),
  };
}

/** An object that the store cannot keep, for it is too large, is the client's to make smaller. */
function guarded(handle: () => ApiReply): ApiReply {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof BeeError) || error.code !== "object-too-large") throw error;
    return replyWith(tooLarge(error.message));
  }
}

interface Question {
  readonly context: ApiContext;
  readonly request: ApiRequest;
  readonly now: Now;
  readonly authorize: Authorize;
}

function answer(question: Question): ApiReply {
  const { request } = question;
  const isReading = request.method === "GET" || request.method === "HEAD";
  const special = isReading ? specialReply(question) : undefined;
  if (special !== undefined) return special;
  const info = requestInfoOf(request);
  if (info === "no-path") return pathless(question);
  if (info === "no-method") return replyWith(methodNotAllowed());
  return answerAbout(question, info);
}

/** Documents and discovery: for everybody who is somebody; health and version for all. */
function specialReply(question: Question): ApiReply | undefined {
  const { request } = question;
  const reply = document(request) ?? discovery(request);
  const isKnown = request.user.groups.includes("system:authenticated");
  if (reply === undefined || isPublic(request.path) || isKnown) return reply;
  return mayRead(question) ? reply : pathRefusal(question);
}

function pathless(question: Question): ApiReply {
  return mayRead(question) ? replyWith(noSuchPath()) : pathRefusal(question);
}

function pathAttributes({ request }: Question): Parameters<Authorize>[1] {
  const verb = request.method === "HEAD" ? "get" : request.method.toLowerCase();
  const path = `/${request.path.join("/")}`;
  return { verb, path, group: "", resource: "", subresource: "", namespace: "", name: "" };
}

function mayRead(question: Question): boolean {
  return question.authorize(question.request.user, pathAttributes(question));
}

function pathRefusal(question: Question): ApiReply {
  return replyWith(refusal(question.request.user, pathAttributes(question)));
}

const handlers: Readonly<Record<Verb, Handler>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

function answerAbout(question: Question, info: RequestInfo): ApiReply {
  const { request, context, now, authorize } = question;
  const call: Call = { context, request, info, now };
  const isReview = reviewResources.includes(info.resource);
  const isAboutSelf = isReview && info.resource.name.startsWith("self");
  const attributes = attributesOf(info);
  if (!isAboutSelf && !authorize(request.user, attributes)) {
    return replyWith(refusal(request.user, attributes));
  }
  if (isReview) {
    return info.verb === "create" && info.name === ""
      ? review(call, authorize)
      : replyWith(methodNotAllowed());
  }
  if (info.subresource !== "") return subresource(call);
  const isServed = info.resource.verbs.includes(info.verb);
  const isNamedCreate = info.verb === "create" && info.name !== "";
  return isServed && !isNamedCreate ? handlers[info.verb](call) : replyWith(methodNotAllowed());
}

/**
 * The system namespaces have identifiers that are computed of their names: machines that each
 * made them before they met have made the same ones.
 */
function bootstrap(store: ObjectStore, now: Now): void {
  const namespaces = findResource("", "namespaces");
  if (namespaces === undefined) return;
  for (const name of systemNamespaces) {
    if (store.get(namespaces, "", name) !== undefined) continue;
    const metadata = {
      name,
      uid: uidOfName(name),
      creationTimestamp: formatTimestamp(now.wallMs),
    };
    store.putSpec(namespaces, admitted({ apiVersion: "v1", kind: "Namespace", metadata }));
  }
}

/** An RFC 9562 identifier of version 8, computed of a name. */
function uidOfName(name: string): string {
  const digits = [0, 1, 2].map((seed) => hashOf(name, seed).toString(16).padStart(14, "0"));
  const hex = digits.join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(12, 15)}`,
    `8${hex.slice(15, 18)}`,
    hex.slice(18, 30),
  ].join("-");
}

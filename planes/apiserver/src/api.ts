/** The API as one function of requests, and what moves its watches on. */
import { Ledger } from "@beemesh/admission";
import { BeeError, hashOf, type Instant, type Now, type Random } from "@beemesh/base";
import { findResource, type KubeObject, type Resource } from "@beemesh/model";
import type {
  ApiReply,
  ApiRequest,
  MachineUsage,
  ObjectStore,
  TokenAuthority,
  User,
} from "@beemesh/ports";
import { ComputedStore } from "./access/computed-store.ts";
import { requester } from "./access/impersonation.ts";
import { review } from "./access/review.ts";
import { type Knows, RoleBook } from "./access/role-book.ts";
import { type IssuedToken, issueToken, judgeToken } from "./access/service-token.ts";
import { Counsel } from "./admission/counsel.ts";
import { Expressions } from "./admission/expression.ts";
import { judgeMade, type PodMaking } from "./admission/made-pod.ts";
import { prepared } from "./admission/preparation.ts";
import { type Authorize, attributesOf, refusal } from "./authorization.ts";
import type { ApiContext, Call, Handler } from "./call.ts";
import { create } from "./create.ts";
import { remove, systemNamespaces } from "./deletion.ts";
import { discovery } from "./discovery.ts";
import { document, isPublic } from "./document.ts";
import { textAt } from "./field.ts";
import { get, list, removeCollection } from "./list.ts";
import { answerMetrics } from "./metrics.ts";
import { metricsResources } from "./metrics-resource.ts";
import { patch } from "./patch.ts";
import { update } from "./replacement.ts";
import { type RequestInfo, requestInfoOf, type Verb } from "./request-info.ts";
import { reviewResources } from "./review-resource.ts";
import { keptRequest, shownReply, viewOf } from "./second-view.ts";
import { secondViews } from "./second-views.ts";
import { methodNotAllowed, noSuchPath, replyWith, tooLarge } from "./status.ts";
import { subresource } from "./subresource.ts";
import { formatTimestamp } from "./timestamp.ts";
import { View } from "./view.ts";
import { answerVirtual, virtualResources } from "./virtual-resource.ts";
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
  /** Without it, roles and bindings decide (RBAC). */
  readonly authorize?: Authorize;
  /** Whether all of a collection is on this machine; what is not counts for nothing. */
  readonly knows?: Knows;
  /** Signs and checks tokens of ServiceAccounts; without it there are none. */
  readonly tokens?: TokenAuthority;
  /** PEM of the authority of this machine's API, for `kube-root-ca.crt`. */
  readonly rootCa?: string;
  /** What machines have told of what they use; without it nothing is known. */
  readonly usage?: () => readonly MachineUsage[];
  readonly watchLimits?: WatchLimits;
}

export interface Api {
  /** Answers one request. */
  readonly handle: (request: ApiRequest, now: Now) => ApiReply;
  /** A pod that a controller is about to make, as admission lets it in; nothing is written. */
  readonly judgePod: (making: PodMaking, now: Now) => ApiReply;
  /** What clients of this machine see as the object's version; undefined if it is not there. */
  readonly revisionOf: (resource: Resource, namespace: string, name: string) => string | undefined;
  /** Moves watches on; when to call again at the latest, if any is open. More calls do no harm. */
  readonly tick: (now: Now) => Instant | undefined;
  /** Tells watches of nodes whose machine has died or come back since the last call. */
  readonly machinesChanged: (now: Now) => void;
  /** Makes the system namespaces that are not there. */
  readonly bootstrap: (now: Now) => void;
  /** Whom a bearer token stands for; undefined for nobody. */
  readonly userOfToken: (token: string, now: Now) => User | undefined;
  /** A token for a pod of this machine; undefined while its account is not there. */
  readonly tokenFor: (wish: PodTokenWish, now: Now) => IssuedToken | undefined;
}

/** A token that a pod has asked for in a volume. */
export interface PodTokenWish {
  readonly pod: KubeObject;
  /** Empty for the API itself. */
  readonly audience: string;
  readonly expirationSeconds: number;
}

/** Makes the API over a store. It listens to the store from now on. */
export function createApi(options: ApiOptions): Api {
  const { makeUid, isAlive, rootCa, tokens, knows = () => true, usage = () => [] } = options;
  const watches = new WatchSet(options.watchLimits ?? watchLimits);
  const clock = { wallMs: 0 };
  const store = new ComputedStore({
    store: options.store,
    uidOf: uidOfName,
    makeUid,
    rootCa,
    heardOf: (node) => view.heardOf(node, clock.wallMs),
    isAlive,
  });
  const book = new RoleBook({ store, knows });
  const view: View = new View({ store, isAlive, rulesOf: (role) => book.rulesOfObject(role) });
  const { random } = options;
  const common = { store, random, makeUid, view, watches, book, knows, tokens, usage };
  // What is computed takes nothing: whoever writes a quota's status counts records, too.
  const ledger = new Ledger(options.store);
  const context: ApiContext = { ...common, ledger, expressions: new Expressions() };
  const authorize = options.authorize ?? ((user, asked) => book.decide(user, asked));
  store.onChange((change) => watches.deliver(change));
  return {
    handle: (request, now) => {
      clock.wallMs = now.wallMs;
      watches.notice(now);
      const path = request.path.filter((segment) => segment !== "");
      const asked = { ...request, path };
      const again = (counsel: Counsel): ApiReply => {
        counsel.rewind();
        return counsel.told(answered({ context, authorize, request: asked }, counsel));
      };
      return again(new Counsel({ now, makeUid, random, again }));
    },
    judgePod: (making, now) => {
      clock.wallMs = now.wallMs;
      const again = (counsel: Counsel): ApiReply => {
        counsel.rewind();
        return guarded(() => judgeMade({ context, counsel, now: counsel.now }, making));
      };
      return again(new Counsel({ now, makeUid, random, again }));
    },
    revisionOf: (resource, namespace, name) => {
      const object = store.get(resource, namespace, name);
      return object && view.show(resource, object).metadata.resourceVersion;
    },
    tick: (now) => watches.tick(now),
    machinesChanged: (now) => {
      watches.notice(now);
      const nodes = findResource("", "nodes");
      if (nodes === undefined) return;
      for (const node of view.changedNodes(now)) watches.refresh(nodes, node);
    },
    bootstrap: (now) => bootstrap(store, now),
    userOfToken: (token, now) => {
      const verdict = tokens && judgeToken({ ...context, tokens }, token, [], now);
      return verdict?.ok === true ? verdict.user : undefined;
    },
    tokenFor: (wish, now) => tokenFor(context, wish, now),
  };
}

/** Thinks a request over with what webhooks have said so far. */
function answered(
  { context, authorize, request }: Pick<Question, "context" | "authorize" | "request">,
  counsel: Counsel,
): ApiReply {
  const { now, random } = counsel;
  const own = { ...context, random, makeUid: () => counsel.makeUid() };
  const question = { context: own, now, authorize, counsel };
  const second = viewOf(secondViews, request);
  if (second === undefined) return guarded(() => answer({ ...question, request }));
  const kept = keptRequest(second, request);
  const { group } = second.resource;
  return shownReply(
    second,
    guarded(() => answer({ ...question, request: kept, group })),
  );
}

function tokenFor(
  context: ApiContext,
  { pod, audience, expirationSeconds }: PodTokenWish,
  now: Now,
): IssuedToken | undefined {
  const { store, tokens } = context;
  const accounts = findResource("", "serviceaccounts");
  const name = textAt(pod, "spec", "serviceAccountName") || "default";
  const account = accounts && store.get(accounts, pod.metadata.namespace ?? "", name);
  if (account === undefined || tokens === undefined) return undefined;
  const bond = { kind: "Pod", object: pod } as const;
  const audiences = audience === "" ? [] : [audience];
  return issueToken({ ...context, tokens }, { account, audiences, expirationSeconds, bond }, now);
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
  readonly counsel: Counsel;
  /** By which group roles name what is asked for, if it is another than that of what is kept. */
  readonly group?: string;
}

function answer(asked: Question): ApiReply {
  const user = requester(asked.request, asked.authorize);
  if (!user.ok) return replyWith(user.status);
  const question = { ...asked, request: { ...asked.request, user: user.value } };
  const { request } = question;
  const isReading = request.method === "GET" || request.method === "HEAD";
  const special = isReading ? specialReply(question) : undefined;
  if (special !== undefined) return special;
  const info = requestInfoOf(request, question.context.store.resources);
  if (info === "no-path") return pathless(question);
  if (info === "no-method") return replyWith(methodNotAllowed());
  return answerAbout(question, info);
}

/** Documents and discovery, for whom roles allow it; health and version for all. */
function specialReply(question: Question): ApiReply | undefined {
  const { request, context } = question;
  const book = context.store.resources;
  const reply = document(request, book, context.tokens) ?? discovery(request, book);
  if (reply === undefined || isPublic(request.path)) return reply;
  return pathRefusal(question) ?? reply;
}

function pathless(question: Question): ApiReply {
  return pathRefusal(question) ?? replyWith(noSuchPath());
}

function pathAttributes({ request }: Question): Parameters<Authorize>[1] {
  const verb = request.method === "HEAD" ? "get" : request.method.toLowerCase();
  const path = `/${request.path.join("/")}`;
  return { verb, path, group: "", resource: "", subresource: "", namespace: "", name: "" };
}

/** Why the user may not read the path; undefined if they may. */
function pathRefusal(question: Question): ApiReply | undefined {
  const { user } = question.request;
  const attributes = pathAttributes(question);
  const { allowed, reason } = question.authorize(user, attributes);
  return allowed ? undefined : replyWith(refusal(user, attributes, reason));
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
  options: () => replyWith(methodNotAllowed()),
};

function answerAbout(question: Question, info: RequestInfo): ApiReply {
  const { request, context, now, authorize, group, counsel } = question;
  const call: Call = { context, request, info, now, counsel };
  const isReview = reviewResources.includes(info.resource);
  const attributes = { ...attributesOf(info), ...(group === undefined ? {} : { group }) };
  const { allowed, reason } = authorize(request.user, attributes);
  if (!allowed) return replyWith(refusal(request.user, attributes, reason));
  if (isReview) {
    return info.verb === "create" && info.name === ""
      ? review(call, authorize)
      : replyWith(methodNotAllowed());
  }
  if (virtualResources.includes(info.resource)) return answerVirtual(call);
  if (metricsResources.includes(info.resource)) return answerMetrics(call);
  return answerOfKind(call);
}

function answerOfKind(call: Call): ApiReply {
  return warned(answerOfKindAlone(call), call.info.resource.custom?.deprecation);
}

/** A reply with one more warning, when it is ready. */
function warned(reply: ApiReply, warning: string | undefined): ApiReply {
  if (warning === undefined) return reply;
  if (reply.kind === "json") return { ...reply, warnings: [warning, ...(reply.warnings ?? [])] };
  if (reply.kind !== "consult") return reply;
  return { ...reply, resume: (answers, now) => warned(reply.resume(answers, now), warning) };
}

function answerOfKindAlone(call: Call): ApiReply {
  const { info } = call;
  if (info.subresource !== "") return subresource(call);
  const isServed = info.resource.verbs.includes(info.verb);
  const isNamedCreate = info.verb === "create" && info.name !== "";
  return isServed && !isNamedCreate ? handlers[info.verb](call) : replyWith(methodNotAllowed());
}

/**
 * The system namespaces have identifiers that are computed of their names: machines that each
 * made them before they met have made the same ones, and what somebody has written of one stays.
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
    const namespace = prepared({ apiVersion: "v1", kind: "Namespace", metadata });
    store.putSpec(namespaces, namespace, { isPresumed: true });
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

/** GET of one object, LIST of many, and DELETE of all that a LIST gives. */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply, Snapshot } from "@beemesh/ports";
import { pass } from "./admission/chain.ts";
import { type Call, storedObject } from "./call.ts";
import { deleteObject, deletionIntent } from "./deletion.ts";
import { type ListOptions, listOptionsOf, revisionFault } from "./list-options.ts";
import { byKey, snapshotAt } from "./past.ts";
import { formatOf, type ListMeta, renderList, renderObject } from "./rendition.ts";
import {
  badRequest,
  done,
  expired,
  fail,
  type Outcome,
  replyWith,
  type Status,
  tooLargeRevision,
} from "./status.ts";
import { type DeleteOptions, deleteOptionsOf } from "./write-options.ts";

/** Answers a GET of an object. */
export function get(call: Call): ApiReply {
  const format = formatOf(call.request, "object");
  if (!format.ok) return replyWith(format.status);
  const stale = staleness(call);
  if (stale !== undefined) return replyWith(stale);
  const object = storedObject(call);
  if (!object.ok) return replyWith(object.status);
  const shown = call.context.view.show(call.info.resource, object.value);
  const rendering = { format: format.value, ...call.info, nowMs: call.now.wallMs };
  return { kind: "json", status: 200, body: renderObject(shown, rendering) };
}

/**
 * Why this machine cannot give an object that is as new as its client wants it: the version is in
 * its future. Whoever gave it out is ahead by less than clocks differ, so that another try helps.
 */
function staleness({ context, request }: Call): Status | undefined {
  const asked = request.query.get("resourceVersion")?.[0] ?? "";
  const fault = revisionFault(asked);
  if (fault !== undefined || asked === "") return fault;
  const { revision } = context.store;
  return BigInt(asked) > BigInt(revision) ? tooLargeRevision(asked, revision) : undefined;
}

/** Answers a GET of a collection. */
export function list(call: Call): ApiReply {
  const format = formatOf(call.request, "list");
  if (!format.ok) return replyWith(format.status);
  const page = pageOf(call);
  if (!page.ok) return replyWith(page.status);
  const rendering = { format: format.value, ...call.info, nowMs: call.now.wallMs };
  const { items, metadata } = page.value;
  return { kind: "json", status: 200, body: renderList(items, metadata, rendering) };
}

/** Answers a DELETE of a collection: each of its objects by itself, as DELETE would. */
export function removeCollection(call: Call): ApiReply {
  const options = deleteOptionsOf(call.request);
  if (!options.ok) return replyWith(options.status);
  const page = pageOf(call);
  if (!page.ok) return replyWith(page.status);
  const { items, metadata } = page.value;
  const refusal = collectionRefusal(call, items, options.value);
  if (refusal !== undefined) return refusal;
  let ticket: number | undefined;
  for (const { metadata: wanted } of items) {
    const info = { ...call.info, namespace: wanted.namespace ?? "", name: wanted.name };
    const before = storedObject({ ...call, info });
    const deleted = before.ok
      ? deleteObject({ ...call, info }, before.value, options.value)
      : undefined;
    if (deleted !== undefined && "code" in deleted) return replyWith(deleted);
    ticket = deleted?.ticket ?? ticket;
  }
  const rendering = { format: { kind: "object" }, ...call.info, nowMs: call.now.wallMs } as const;
  const body = renderList(items, metadata, rendering);
  return { kind: "json", status: 200, body, ...(ticket === undefined ? {} : { ticket }) };
}

/** Each object is judged before any is deleted: what waits for answers starts from the whole. */
function collectionRefusal(
  call: Call,
  items: readonly KubeObject[],
  options: DeleteOptions,
): ApiReply | undefined {
  const { counsel } = call;
  for (const { metadata } of items) {
    const info = { ...call.info, namespace: metadata.namespace ?? "", name: metadata.name };
    const before = storedObject({ ...call, info });
    if (!before.ok) continue;
    const passed = pass({ ...call, info }, deletionIntent(call, before.value, options));
    if (!passed.ok && passed.reply.kind !== "consult") return passed.reply;
    if (counsel.isFull) break;
  }
  return counsel.isWaiting ? counsel.pause() : undefined;
}

interface Page {
  readonly items: readonly KubeObject[];
  readonly metadata: ListMeta;
}

function pageOf(call: Call): Outcome<Page> {
  const options = listOptionsOf(call.request, call.info, "list");
  if (!options.ok) return options;
  const start = startOf(options.value.continueToken);
  if (start === undefined) {
    return fail(badRequest("invalid continue token: continue key is not valid"));
  }
  const { resourceVersion } = options.value;
  if (start.after !== undefined && resourceVersion !== "" && resourceVersion !== "0") {
    const why = "specifying resource version is not allowed when using continue";
    return fail(badRequest(why));
  }
  const snapshot = snapshotOf(call, options.value, start);
  if (!snapshot.ok) return snapshot;
  const { view } = call.context;
  const rest = snapshot.value.items
    .filter((object) => start.after === undefined || byKey(object, start.after) > 0)
    .map((object) => view.show(call.info.resource, object))
    .filter(options.value.selects);
  return done(cut(rest, options.value, snapshot.value.revision));
}

function cut(
  rest: readonly KubeObject[],
  { limit, hasSelector }: ListOptions,
  revision: string,
): Page {
  const items = limit === 0 ? rest : rest.slice(0, limit);
  const last = items.at(-1);
  const left = rest.length - items.length;
  if (left === 0 || last === undefined) return { items, metadata: { resourceVersion: revision } };
  const metadata = {
    resourceVersion: revision,
    continue: tokenOf(revision, last),
    // With a selector kube-apiserver does not know how many are left.
    ...(hasSelector ? {} : { remainingItemCount: left }),
  };
  return { items, metadata };
}

/** Where a page starts: after an object, in the list of a revision; at the newest if that is "". */
interface Start {
  readonly revision: string;
  readonly after: KubeObject | undefined;
}

function tokenOf(revision: string, { metadata }: KubeObject): string {
  return `${revision}:${metadata.namespace ?? ""}/${metadata.name}`;
}

function startOf(token: string): Start | undefined {
  if (token === "") return { revision: "", after: undefined };
  const groups = /^(?<revision>\d{0,19}):(?<namespace>[^/]*)\/(?<name>[^/]+)$/u.exec(token)?.groups;
  if (groups === undefined) return undefined;
  const { revision = "", namespace = "", name = "" } = groups;
  return { revision, after: { apiVersion: "", kind: "", metadata: { namespace, name } } };
}

function snapshotOf(
  { context, info }: Call,
  options: ListOptions,
  start: Start,
): Outcome<Snapshot> {
  const { store } = context;
  const newest = (): Snapshot => store.list(info.resource, info.namespace || undefined);
  if (start.after !== undefined) {
    if (start.revision === "") return done(newest());
    const past = snapshotAt(store, info, start.revision);
    return past === undefined ? fail(pageExpired(start.after)) : done(past);
  }
  const { resourceVersion, resourceVersionMatch, limit } = options;
  if (resourceVersion === "" || resourceVersion === "0") return done(newest());
  // Pages of a revision are exact unless their client says otherwise.
  const isExact = resourceVersionMatch === "Exact" || (resourceVersionMatch === "" && limit > 0);
  if (isExact) {
    const past = snapshotAt(store, info, resourceVersion);
    if (past !== undefined) return done(past);
    return fail(expired("The resourceVersion for the provided list is too old."));
  }
  const isKnown = BigInt(resourceVersion) <= BigInt(store.revision);
  // Another machine's future: saying so at once is better than letting the client wait for it.
  return isKnown ? done(newest()) : fail(expired(`Too large resource version: ${resourceVersion}`));
}

const pageExpiredText = [
  "The provided continue parameter is too old to display a consistent list result.",
  "You can start a new list without the continue parameter, or use the continue token in this",
  "response to retrieve the remainder of the results.",
  "Continuing with the provided token results in an inconsistent list - objects that were",
  "created, modified, or deleted between the time the first chunk was returned and now may show",
  "up in the list.",
].join(" ");

/** The rest can still be had, if the client accepts that it is of another revision. */
function pageExpired(after: KubeObject): ReturnType<typeof expired> {
  return expired(pageExpiredText, tokenOf("", after));
}

/** GET of a collection with `watch=true`: what the watch is to show, and whether there is room. */
import { after } from "@beemesh/base";
import type { ApiReply, Revision } from "@beemesh/ports";
import type { ApiContext, Call } from "./call.ts";
import { type ListOptions, listOptionsOf } from "./list-options.ts";
import { formatOf } from "./rendition.ts";
import { replyWith, tooManyRequests } from "./status.ts";
import { Watch, type WatchRequest } from "./watch.ts";

/** How long a watch lasts that asks for no time: 30 to 60 minutes, spread so they end apart. */
const timeoutSecondsMin = 1800;
const timeoutSecondsMax = 3600;
/** Wait before another try when there are too many watches. */
const retryAfterSeconds = 5;

/** Answers a WATCH of a collection, or of one object. */
export function watch(call: Call): ApiReply {
  const { context, info, request, now } = call;
  const options = listOptionsOf(request, info, "watch");
  if (!options.ok) return replyWith(options.status);
  const format = formatOf(request, "object");
  if (!format.ok) return replyWith(format.status);
  if (!context.watches.hasRoom(request.user.name)) {
    const message = "too many watches are open, please try again later";
    return replyWith(tooManyRequests(message, retryAfterSeconds));
  }
  const watchRequest: WatchRequest = {
    ...options.value,
    resource: info.resource,
    namespace: info.namespace,
    format: format.value,
    user: request.user.name,
    allowBookmarks: options.value.allowWatchBookmarks,
    start: startOf(options.value, context.store.revision),
    endsAt: after(now.at, timeoutMs(context, options.value)),
  };
  return {
    kind: "stream",
    status: 200,
    contentType: "application/json",
    open: (sink) => context.watches.open(new Watch(watchRequest, { ...context, sink, now })),
  };
}

/**
 * Where the watch starts. A revision "" or "0" means: with what there is, or from now on for who
 * wants no initial events. A watch-list with a revision that is not ours starts with what there
 * is as well, for what it gets is not older than it asked; it must never be told 410, which
 * clients answer with another try at once and without end. Its end is marked by a bookmark, so
 * for those alone who want bookmarks.
 */
function startOf(
  { resourceVersion, sendInitialEvents, allowWatchBookmarks }: ListOptions,
  newest: Revision,
): WatchRequest["start"] {
  if (sendInitialEvents === true) return { kind: "state", marksEnd: allowWatchBookmarks };
  if (resourceVersion !== "" && resourceVersion !== "0") {
    return { kind: "since", revision: resourceVersion };
  }
  return sendInitialEvents === false
    ? { kind: "since", revision: newest }
    : { kind: "state", marksEnd: false };
}

function timeoutMs({ random }: ApiContext, { timeoutSeconds }: ListOptions): number {
  if (timeoutSeconds !== undefined && timeoutSeconds > 0) {
    return Math.min(timeoutSeconds, timeoutSecondsMax) * 1000;
  }
  const spread = random.below(timeoutSecondsMax - timeoutSecondsMin);
  return (timeoutSecondsMin + spread) * 1000;
}

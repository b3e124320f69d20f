import type { KubeObject } from "@beemesh/model";
import { eventResource } from "./kinds.ts";
import { wallMsOf } from "./timestamp.ts";
import { fine, type Look, removing } from "./view.ts";

/** Kubernetes' own default for how long Events are kept. */
const keptMs = 3_600_000;

/** Forgets an Event of Kubernetes an hour after it last happened. */
export const lookAtHappening: Look = (object, { now }) => {
  const lastMs = lastMsOf(object);
  if (object.kind !== "Event" || lastMs === undefined) return fine;
  const leftMs = lastMs + keptMs - now.wallMs;
  // An Event from the future, of a clock that is ahead, is not kept for longer than the others.
  if (leftMs > 0) return { actions: [], againInMs: Math.min(leftMs, keptMs) };
  return { actions: [removing(eventResource, object)] };
};

/** The latest time that it tells of: what somebody tells of late is kept as long as the rest. */
function lastMsOf(event: KubeObject): number | undefined {
  const { lastTimestamp, eventTime } = event;
  const times = [lastTimestamp, eventTime, event.metadata.creationTimestamp].flatMap((time) => {
    return wallMsOf(typeof time === "string" ? time : undefined) ?? [];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

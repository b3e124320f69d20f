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

function lastMsOf(event: KubeObject): number | undefined {
  const { lastTimestamp, eventTime } = event;
  for (const time of [lastTimestamp, eventTime, event.metadata.creationTimestamp]) {
    const wallMs = wallMsOf(typeof time === "string" ? time : undefined);
    if (wallMs !== undefined) return wallMs;
  }
  return undefined;
}

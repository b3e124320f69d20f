import { newerEvents } from "./newer-event.ts";
import { olderAutoscalers } from "./older-autoscaler.ts";
import { retiredVersions } from "./retired-version.ts";

/** Versions that are served beside the one that is kept. */
export const secondViews = [...olderAutoscalers, ...newerEvents, ...retiredVersions];

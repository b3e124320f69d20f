/**
 * Events as events.k8s.io/v1 has them: the objects of the core group under other names.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import { findResource } from "@beemesh/model";
import type { Json, JsonObject } from "@beemesh/wire";
import type { SecondView } from "./second-view.ts";

/** Members of the view, and where the core group has them. */
const names: readonly (readonly [string, string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

const group = "events.k8s.io";
const kept = findResource("", "events");
const toCore = new Map(names);
const fromCore = new Map(names.map(([view, core]) => [core, view] as const));

/** The view. */
export const newerEvents: readonly SecondView[] =
  kept === undefined
    ? []
    : [
        {
          resource: { ...kept, group },
          kept,
          toKept: (event) => renamed(event, toCore, `${group}/v1`, "v1"),
          toShown: (event) => renamed(event, fromCore, "v1", `${group}/v1`),
        },
      ];

function renamed(
  event: JsonObject,
  newNames: ReadonlyMap<string, string>,
  from: string,
  to: string,
): JsonObject {
  const members = Object.entries(event).map(([name, value]): [string, Json] => [
    newNames.get(name) ?? name,
    name === "apiVersion" && value === from ? to : value,
  ]);
  return Object.fromEntries(members);
}

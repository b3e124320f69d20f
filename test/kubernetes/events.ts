/** What has happened, told in both APIs of events. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { listAt, nameOf, textAt } from "./client.ts";
import { has } from "./life.ts";
import { labelled, objectOf } from "./manifest.ts";
import { pathOf } from "./resource.ts";
import type { World } from "./world.ts";

type EventResource = "events" | "newevents";

/** An event about a pod that is not there. */
function event(resource: EventResource, world: World, name: string): JsonObject {
  const about = { kind: "Pod", namespace: world.namespace, name: "none", apiVersion: "v1" };
  const body =
    resource === "events"
      ? {
          involvedObject: about,
          message: "before",
          reason: "Shown",
          type: "Normal",
          source: { component: "test" },
          firstTimestamp: "2026-01-01T00:00:00Z",
          lastTimestamp: "2026-01-01T00:00:00Z",
        }
      : {
          regarding: about,
          note: "before",
          reason: "Shown",
          type: "Normal",
          action: "Show",
          reportingController: "test",
          reportingInstance: "test-1",
          eventTime: "2026-01-01T00:00:00.000000Z",
        };
  return objectOf(resource, "Event", name, body);
}

const text = (resource: EventResource): string => (resource === "events" ? "message" : "note");

const lives =
  (resource: EventResource): Behaviour =>
  async (world) => {
    const made = await world.create(
      resource,
      labelled(event(resource, world, "seen"), { life: world.namespace }),
    );
    const query = `?labelSelector=life%3D${world.namespace}`;
    assert.deepEqual((await world.list(resource, query)).map(nameOf), ["seen"]);
    const everywhere = listAt(await world.ok(`GET ${pathOf(resource)}${query}`), "items");
    assert.deepEqual(everywhere.map(nameOf), ["seen"]);
    const patched = await world.patch(resource, "seen", { [text(resource)]: "after" });
    assert.equal(patched[text(resource)], "after");
    const series = { count: 3, lastObservedTime: "2026-01-01T00:00:09.000000Z" };
    const updated = await world.update(resource, "seen", (object) => ({ ...object, series }));
    assert(has(updated, { series }), JSON.stringify(updated["series"]));
    // The other API shows the same object in its own words.
    const other = resource === "events" ? "newevents" : "events";
    const same = await world.get(other, "seen");
    assert.equal(textAt(same, "metadata", "uid"), textAt(made, "metadata", "uid"));
    assert.equal(same[text(other)], "after");
    await world.remove(resource, "seen");
  };

const deletedTogether =
  (resource: EventResource): Behaviour =>
  async (world) => {
    const names = ["a", "b", "c"];
    for (const name of names) {
      await world.create(resource, labelled(event(resource, world, name), { life: "marked" }));
    }
    await world.create(resource, event(resource, world, "stays"));
    const query = "?labelSelector=life%3Dmarked";
    assert.deepEqual((await world.list(resource, query)).map(nameOf), names);
    await world.ok(`DELETE ${world.path(resource)}${query}`);
    await world.until("them gone", async () => (await world.list(resource, query)).length === 0);
    assert.equal(nameOf(await world.get(resource, "stays")), "stays");
  };

export const events: Behaviours = {
  "inst Events lifecycle": lives("events"),
  "inst Events delete collection": deletedTogether("events"),
  "inst Events API fetch patch delete list": lives("newevents"),
  "inst Events API delete collection": deletedTogether("newevents"),
};

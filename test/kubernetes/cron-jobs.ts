/**
 * CronJobs, whose Jobs stay: no machine takes their pods. Each waits for a minute of the clock to
 * come, so these are begun before all others, which are played meanwhile.
 */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { objectOf, unbound } from "./manifest.ts";
import type { World } from "./world.ts";

/** Longer than until the next minute, in milliseconds. */
const minuteMsMax = 90_000;

function cronJob(name: string, spec: JsonObject): JsonObject {
  const jobTemplate = { spec: { template: { spec: { ...unbound, restartPolicy: "Never" } } } };
  return objectOf("cronjobs", "CronJob", name, {
    spec: { schedule: "* * * * *", jobTemplate, ...spec },
  });
}

/** It should have begun long ago: a Job for the last time that was missed is made at once. */
function beLate(world: World, name: string): Promise<JsonObject> {
  const status = { lastScheduleTime: "2026-01-01T00:00:00Z" };
  return world.patch("cronjobs", `${name}/status`, { status });
}

/** The names of the Jobs that run, as the CronJob tells. */
async function activeOf(world: World): Promise<readonly string[]> {
  const active = listAt(await world.get("cronjobs", "often"), "status", "active");
  return active.map((each) => textAt(each, "name"));
}

/** A CronJob that has one Job, whose name this gives. */
async function begun(world: World, concurrencyPolicy: string): Promise<string> {
  await world.create("cronjobs", cronJob("often", { concurrencyPolicy }));
  await beLate(world, "often");
  await world.until("a job", async () => (await activeOf(world)).length > 0);
  return (await activeOf(world))[0] ?? "";
}

async function jobNames(world: World): Promise<readonly string[]> {
  return (await world.list("jobs")).map(nameOf);
}

export const cronJobs: Behaviours = {
  "apps CronJob schedule multiple jobs concurrently": async (world) => {
    const first = await begun(world, "Allow");
    await world.until("two jobs", async () => (await activeOf(world)).length > 1, minuteMsMax);
    assert((await activeOf(world)).includes(first), "the first one goes on");
    assert((await jobNames(world)).length > 1);
  },

  "apps CronJob ForbidConcurrent": async (world) => {
    const first = await begun(world, "Forbid");
    const query = "?fieldSelector=reason%3DJobAlreadyActive%2CinvolvedObject.name%3Doften";
    await world.until(
      "the next time to have come",
      async () => (await world.list("events", query)).length > 0,
      minuteMsMax,
    );
    assert.deepEqual([await activeOf(world), await jobNames(world)], [[first], [first]]);
    // The one that had to wait is made when the first has gone.
    await world.ok(`DELETE ${world.path("jobs", first)}`, { propagationPolicy: "Background" });
    await world.until("another", async () => {
      const names = await activeOf(world);
      return names.length === 1 && names[0] !== first;
    });
  },

  "apps CronJob ReplaceConcurrent": async (world) => {
    const first = await begun(world, "Replace");
    await world.until(
      "another in its place",
      async () => {
        const names = await activeOf(world);
        return names.length === 1 && names[0] !== first;
      },
      minuteMsMax,
    );
    await world.untilGone("jobs", first);
    assert.equal((await jobNames(world)).length, 1);
  },

  "apps CronJob not schedule when suspended": async (world) => {
    await world.create("cronjobs", cronJob("often", { suspend: true }));
    const seen = await world.untilSeen(
      "cronjobs",
      "often",
      (object) => at(object, "spec", "suspend") === true,
    );
    assert.deepEqual(listAt(seen, "status", "active"), []);
    await beLate(world, "often");
    await world.create("cronjobs", cronJob("other", {}));
    // The other one was late by as much, and has begun: nothing more is to be waited for.
    await beLate(world, "other");
    await world.until("the other's job", async () => (await world.list("jobs")).length > 0);
    const owners = (await world.list("jobs")).map((each) =>
      textAt(each, "metadata", "ownerReferences", 0, "name"),
    );
    assert.deepEqual(owners, ["other"]);
  },
};

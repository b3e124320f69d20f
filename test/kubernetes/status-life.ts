/** The `status` of what a controller keeps: read, patched and replaced as a part of its own. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { listAt, nameOf } from "./client.ts";
import type { ResourceName } from "./resource.ts";
import { conditionOf, type World } from "./world.ts";

/** A condition that no controller speaks of. */
export function condition(type: string): JsonObject {
  return { type, status: "True", reason: "Test", message: "by a test" };
}

/** A watch must see what was written, whatever the object's controller writes afterwards. */
export async function playStatus(
  world: World,
  resource: ResourceName,
  name: string,
): Promise<void> {
  const watch = await world.watch(resource, `?fieldSelector=metadata.name%3D${name}`);
  assert.equal(nameOf(await world.get(resource, `${name}/status`)), name);
  const shows = (type: string): Promise<unknown> =>
    watch.next(type, ({ object }) => conditionOf(object, type) === "True");
  const before = await world.get(resource, name);
  const body = { status: { conditions: [condition("Patched")] }, spec: { paused: true } };
  const patched = await world.patch(resource, `${name}/status`, body);
  assert.equal(conditionOf(patched, "Patched"), "True");
  assert.deepEqual(patched["spec"], before["spec"], "only the status is written");
  await shows("Patched");
  await world.update(resource, `${name}/status`, (object) => {
    const conditions = [...listAt(object, "status", "conditions"), condition("Updated")];
    return { ...object, status: { ...Object(object["status"]), conditions } };
  });
  await shows("Updated");
  watch.close();
}

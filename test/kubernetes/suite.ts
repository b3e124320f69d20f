/** All tests, by the names of the conformance tests, and how they are played. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Behaviours } from "./behaviour.ts";
import { configuration } from "./configuration.ts";
import { discovery } from "./discovery.ts";
import { Mesh } from "./mesh.ts";
import { namespaces } from "./namespaces.ts";
import { objects } from "./objects.ts";
import { watching } from "./watching.ts";

/** What needs no container. */
export const apiSuite: Behaviours = {
  ...configuration,
  ...discovery,
  ...namespaces,
  ...objects,
  ...watching,
};

/** Plays a suite against a mesh of its own, so many names side by side. */
export function showSuite(
  title: string,
  suite: Behaviours,
  options: {
    readonly machines: number;
    readonly runtime: "podman" | "process";
    readonly atOnce: number;
    readonly skip?: string | false;
  },
): void {
  const { machines, runtime, atOnce, skip = false } = options;
  describe(title, { skip, concurrency: atOnce }, () => {
    let mesh: Mesh | undefined;
    before(async () => {
      mesh = await Mesh.open(machines, runtime);
    });
    after(async () => {
      assert.deepEqual(await mesh?.close(), []);
    });
    for (const [name, behaviour] of Object.entries(suite)) {
      test(name, async () => {
        assert(mesh, "there is a mesh");
        await mesh.play(behaviour);
      });
    }
  });
}

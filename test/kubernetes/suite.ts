/** All tests, by the names of the conformance tests, and how they are played. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { access } from "./access.ts";
import type { Behaviours } from "./behaviour.ts";
import { configuration } from "./configuration.ts";
import { crews } from "./crews.ts";
import { custom } from "./custom.ts";
import { discovery } from "./discovery.ts";
import { events } from "./events.ts";
import { garbage } from "./garbage.ts";
import { Mesh } from "./mesh.ts";
import { namespaces } from "./namespaces.ts";
import { objects } from "./objects.ts";
import { podLife } from "./pod-life.ts";
import { rollouts } from "./rollouts.ts";
import { services } from "./services.ts";
import { traffic } from "./traffic.ts";
import { validation } from "./validation.ts";
import { volumes } from "./volumes.ts";
import { watching } from "./watching.ts";
import { workloads } from "./workloads.ts";

/** What needs no container. */
export const apiSuite: Behaviours = {
  ...access,
  ...configuration,
  ...discovery,
  ...events,
  ...garbage,
  ...namespaces,
  ...objects,
  ...services,
  ...validation,
  ...watching,
  ...workloads,
};

/** What makes resources: by itself, for others ask what there is. */
export const customSuite: Behaviours = custom;

/** What needs containers. */
export const podSuite: Behaviours = { ...crews, ...podLife, ...rollouts, ...traffic, ...volumes };

/** All of them. */
export const suites: readonly Behaviours[] = [apiSuite, customSuite, podSuite];

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

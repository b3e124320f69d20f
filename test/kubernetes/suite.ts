/** All tests, by the names of the conformance tests, and how they are played. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { access } from "./access.ts";
import type { Behaviours } from "./behaviour.ts";
import { budgets, evictions } from "./budgets.ts";
import { configuration } from "./configuration.ts";
import { crews } from "./crews.ts";
import { cronJobs } from "./cron-jobs.ts";
import { custom } from "./custom.ts";
import { discovery } from "./discovery.ts";
import { events } from "./events.ts";
import { garbage } from "./garbage.ts";
import { guestbook } from "./guestbook.ts";
import { jobs } from "./jobs.ts";
import { hasKubectl, kubectlAlone } from "./kubectl.ts";
import { Mesh } from "./mesh.ts";
import { namespaces } from "./namespaces.ts";
import { objects } from "./objects.ts";
import { podLife } from "./pod-life.ts";
import { podTalk } from "./pod-talk.ts";
import { policies } from "./policies.ts";
import { probing } from "./probing.ts";
import { quotas } from "./quotas.ts";
import { resizings } from "./resizes.ts";
import { rollouts } from "./rollouts.ts";
import { security } from "./security.ts";
import { services } from "./services.ts";
import { subPaths } from "./sub-paths.ts";
import { terminations } from "./terminations.ts";
import { traffic } from "./traffic.ts";
import { validation } from "./validation.ts";
import { volumes } from "./volumes.ts";
import { watching } from "./watching.ts";
import { webhooks } from "./webhooks.ts";
import { workloads } from "./workloads.ts";

/** What needs kubectl. */
const kubectlNames: Behaviours = { ...kubectlAlone, ...guestbook };

/** What needs no container. */
export const apiSuite: Behaviours = {
  // What waits for the clock comes first: the rest is played beside it.
  ...cronJobs,
  ...access,
  ...configuration,
  ...custom,
  ...discovery,
  ...events,
  ...garbage,
  ...namespaces,
  ...objects,
  ...policies,
  ...quotas,
  ...services,
  ...validation,
  ...watching,
  ...webhooks,
  ...workloads,
};

/** What needs containers: each file of tests plays one of these, with a mesh of its own. */
export const podSuites = {
  pods: {
    ...probing,
    ...podLife,
    ...podTalk,
    ...terminations,
    ...security,
    ...resizings,
    ...kubectlNames,
  },
  volumes: { ...volumes, ...subPaths },
  workloads: { ...rollouts, ...jobs, ...crews, ...budgets },
  traffic,
  /** What would send away the pods of others. */
  lone: evictions,
} as const satisfies Readonly<Record<string, Behaviours>>;

/** All of them. */
export const suites: readonly Behaviours[] = [apiSuite, ...Object.values(podSuites)];

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
      const lacks = !hasKubectl && Object.hasOwn(kubectlNames, name) && "there is no kubectl";
      test(name, { skip: lacks }, async () => {
        assert(mesh, "there is a mesh");
        await mesh.play(behaviour);
      });
    }
  });
}

/** Workloads whose pods differ by a version: a variable of theirs. */
import type { JsonObject } from "../../core/wire/src/index.ts";
import { textAt } from "./client.ts";
import { workload } from "./manifest.ts";
import { container, podMsMax, readyPods, staying, waits } from "./pod-run.ts";
import type { World } from "./world.ts";

/** A pod that waits; of another version it differs by a variable. */
export function version(name: string, rest: JsonObject = {}): JsonObject {
  return staying(container(waits, { env: [{ name: "VERSION", value: name }], ...rest }));
}

export function versionOf(found: JsonObject): string {
  return textAt(found, "spec", "containers", 0, "env", 0, "value");
}

type Replicated = "deployments" | "replicasets" | "statefulsets" | "replicationcontrollers";

export async function make(
  world: World,
  resource: Replicated,
  replicas: number,
  spec: JsonObject = {},
): Promise<void> {
  await world.create(resource, workload(resource, "web", { replicas, spec, pod: version("one") }));
}

/** Changes what the pods of a workload are. */
export function change(
  world: World,
  resource: Replicated | "daemonsets",
  to: string,
): Promise<JsonObject> {
  return world.patch(resource, "web", { spec: { template: { spec: version(to) } } });
}

export async function untilVersions(
  world: World,
  wanted: readonly string[],
): Promise<readonly JsonObject[]> {
  let last: readonly JsonObject[] = [];
  await world.until(
    () => `pods ${wanted.join()}; there are ${last.map(versionOf).join()}`,
    async () => {
      last = await readyPods(world, "web");
      return last.map(versionOf).toSorted().join() === wanted.join();
    },
    podMsMax,
  );
  return last;
}

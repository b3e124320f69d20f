/** Pods that serve, Services before them, and pods that ask. */
import type { JsonObject } from "../../core/wire/src/index.ts";
import { listAt, textAt } from "./client.ts";
import { objectOf } from "./manifest.ts";
import { container, ending, podMsMax, printed, serves, started, staying } from "./pod-run.ts";
import type { World } from "./world.ts";

const ready = { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } };

/** A pod that says its name over HTTP. */
export function server(
  world: World,
  name: string,
  labels: JsonObject = { app: "web" },
  spec: JsonObject = {},
): Promise<JsonObject> {
  return started(world, name, staying(container(serves, ready), spec), { labels });
}

export function service(world: World, name: string, spec: JsonObject = {}): Promise<JsonObject> {
  const own = {
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: 8080 }],
    ...spec,
  };
  return world.create("services", objectOf("services", "Service", name, { spec: own }));
}

/** Runs a line until it succeeds, and prints what it said then. */
export const untilDone = (line: string): string =>
  `until (${line}) >/tmp/said 2>/dev/null; do sleep 0.3; done; cat /tmp/said`;

/** What a pod gets that asks for something. */
export function asked(world: World, line: string, rest: JsonObject = {}): Promise<string> {
  return printed(world, "asks", ending(container(untilDone(line)), rest));
}

export const ofService = (name: string): string =>
  `?labelSelector=kubernetes.io%2Fservice-name%3D${name}`;

async function endpointsOf(world: World, name: string): Promise<readonly string[]> {
  const slices = await world.list("endpointslices", ofService(name));
  const found = slices.flatMap((slice) =>
    listAt(slice, "endpoints").flatMap((endpoint) =>
      listAt(slice, "ports").map(
        (port) => `${textAt(endpoint, "targetRef", "name")}:${Number(port["port"])}`,
      ),
    ),
  );
  return found.toSorted();
}

export async function untilEndpoints(
  world: World,
  name: string,
  wanted: readonly string[],
): Promise<void> {
  let last: readonly string[] = [];
  await world.until(
    () => `endpoints ${wanted.join()} of ${name}; there are ${last.join()}`,
    async () => {
      last = await endpointsOf(world, name);
      return last.join() === wanted.join();
    },
    podMsMax,
  );
}

/** Pods that run a script of busybox's shell, and what they print. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { listAt, nameOf, textAt } from "./client.ts";
import { pod } from "./manifest.ts";
import { image } from "./mesh.ts";
import { conditionOf, type World } from "./world.ts";

/** A container that runs a script. */
export function container(script: string, rest: JsonObject = {}): JsonObject {
  const command = ["/bin/sh", "-c", script];
  return { name: "main", image, imagePullPolicy: "Never", command, ...rest };
}

/** Waits for ever, and ends at once when it is told to. */
export const waits = "trap 'exit 0' TERM; while :; do sleep 0.2; done";

/** A server of HTTP that says the pod's name, on port 8080. */
export const serves =
  "mkdir -p /tmp/www; hostname >/tmp/www/index.html; httpd -f -p 8080 -h /tmp/www & trap 'exit 0' TERM; while :; do sleep 0.2; done";

/** The specification of a pod that ends by itself. */
export function ending(main: JsonObject, rest: JsonObject = {}): JsonObject {
  return { restartPolicy: "Never", terminationGracePeriodSeconds: 0, containers: [main], ...rest };
}

/** The specification of a pod that stays. */
export function staying(main: JsonObject, rest: JsonObject = {}): JsonObject {
  return { terminationGracePeriodSeconds: 1, containers: [main], ...rest };
}

/** A pod that runs a script in this computer's Node, whose libraries the image has. */
export function withNode(script: string, rest: JsonObject = {}): JsonObject {
  const main = container("", {
    command: ["/bin/node", "-e", script],
    volumeMounts: [{ name: "node", mountPath: "/bin/node", readOnly: true }],
    ...rest,
  });
  const hostPath = { path: process.execPath, type: "File" };
  return staying(main, { volumes: [{ name: "node", hostPath }] });
}

/** How long a pod of a busy computer may take, in milliseconds. */
export const podMsMax = 60_000;

/** Waits until a pod is as it should be. */
export async function untilPod(
  world: World,
  name: string,
  what: string,
  fits: (found: JsonObject) => boolean,
): Promise<JsonObject> {
  let last: JsonObject = {};
  await world.until(
    () => `pod ${name} ${what}: ${JSON.stringify(last["status"])}`,
    async () => {
      last = await world.get("pods", name);
      return fits(last);
    },
    podMsMax,
  );
  return last;
}

export function untilPhase(world: World, name: string, phase: string): Promise<JsonObject> {
  return untilPod(world, name, phase, (found) => textAt(found, "status", "phase") === phase);
}

export function untilReady(world: World, name: string): Promise<JsonObject> {
  return untilPod(world, name, "ready", (found) => conditionOf(found, "Ready") === "True");
}

/** What a container has written. */
export async function logOf(world: World, name: string, of = "main"): Promise<string> {
  const { status, text } = await world.client.send(
    `GET ${world.path("pods", name)}/log?container=${of}`,
  );
  assert.equal(status, 200, text);
  return text;
}

/** Makes a pod that ends well, and gives what its first container printed. */
export async function printed(
  world: World,
  name: string,
  spec: JsonObject,
  metadata: JsonObject = {},
): Promise<string> {
  await world.create("pods", pod(name, spec, metadata));
  const over = await untilPod(world, name, "over", (found) => {
    return /^(?:Succeeded|Failed)$/u.test(textAt(found, "status", "phase"));
  });
  const log = await logOf(world, name);
  assert.equal(
    textAt(over, "status", "phase"),
    "Succeeded",
    `${JSON.stringify(over["status"])}\n${log}`,
  );
  return log;
}

/** Makes a pod that stays, and waits until it is ready. */
export async function started(
  world: World,
  name: string,
  spec: JsonObject,
  metadata: JsonObject = {},
): Promise<JsonObject> {
  await world.create("pods", pod(name, spec, metadata));
  return untilReady(world, name);
}

/** Waits until a container has written something. */
export async function untilLog(
  world: World,
  name: string,
  pattern: RegExp,
  of = "main",
): Promise<string> {
  let last = "";
  await world.until(
    () => `the log of ${name} to match ${pattern}; it is: ${last}`,
    async () => {
      last = await logOf(world, name, of);
      return pattern.test(last);
    },
    podMsMax,
  );
  return last;
}

/** The status of a container; empty if there is none. */
export function containerOf(
  found: JsonObject,
  name = "main",
  list = "containerStatuses",
): JsonObject {
  return listAt(found, "status", list).find((each) => each["name"] === name) ?? {};
}

/** The pods of a label `app` that are ready. */
export async function readyPods(world: World, app: string): Promise<readonly JsonObject[]> {
  const pods = await world.list("pods", `?labelSelector=app%3D${app}`);
  return pods.filter((each) => {
    return (
      conditionOf(each, "Ready") === "True" && textAt(each, "metadata", "deletionTimestamp") === ""
    );
  });
}

export async function untilReadyPods(
  world: World,
  app: string,
  count: number,
): Promise<readonly JsonObject[]> {
  let last: readonly JsonObject[] = [];
  await world.until(
    () => `${count} ready pods of ${app}; there are ${last.map(nameOf).join()}`,
    async () => {
      last = await readyPods(world, app);
      return last.length === count;
    },
    podMsMax,
  );
  return last;
}

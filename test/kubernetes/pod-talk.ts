/** What is read of a pod, and what is run in it. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import {
  container,
  containerOf,
  ending,
  logOf,
  printed,
  started,
  staying,
  untilPod,
  waits,
} from "./pod-run.ts";
import { messagesOf } from "./websocket.ts";
import type { World } from "./world.ts";

/** What the standard output of a channel of `v4.channel.k8s.io` says. */
function outputOf(messages: readonly Buffer[]): string {
  return Buffer.concat(
    messages.filter(([channel]) => channel === 1).map((message) => message.subarray(1)),
  ).toString();
}

const overWebSockets: Behaviours = {
  "node Pods remote command over websockets": async (world) => {
    await started(world, "held", staying(container(waits)));
    const query = "stdout=1&stderr=1&container=main&command=echo&command=remote&command=execution";
    const path = `${world.path("pods", "held")}/exec?${query}`;
    const messages = await messagesOf(world.client.credentials, path, "v4.channel.k8s.io");
    assert.equal(outputOf(messages), "remote execution\n");
  },
  "node Pods logs over websockets": async (world) => {
    await printed(world, "says", ending(container("echo container is alive")));
    const path = `${world.path("pods", "says")}/log?container=main`;
    const read = (protocol: string): Promise<readonly Buffer[]> =>
      messagesOf(world.client.credentials, path, protocol);
    const bytes = Buffer.concat(await read("binary.k8s.io")).toString();
    assert.match(bytes, /^container is alive\n/u);
    const [, text = Buffer.of()] = await read("base64.binary.k8s.io");
    assert.equal(Buffer.from(text.toString(), "base64").toString(), "container is alive\n");
  },
};

const logs: Behaviours = {
  "cli logs retrieve and filter": async (world) => {
    const script = "for i in 1 2 3 4 5; do echo line $i; done";
    assert.equal((await printed(world, "says", ending(container(script)))).split("\n").length, 6);
    const log = async (query: string): Promise<string> => {
      return (await world.client.send(`GET ${world.path("pods", "says")}/log?${query}`)).text;
    };
    assert.equal(await log("tailLines=1"), "line 5\n");
    assert.equal(await log("limitBytes=1"), "l");
    assert.match(await log("tailLines=1&timestamps=true"), /^\d{4}-\d\d-\d\dT\S+Z line 5\n$/u);
    assert.equal(await log("sinceSeconds=86400"), await logOf(world, "says"));
    assert.equal(await log("sinceTime=2100-01-01T00:00:00Z"), "");
  },
};

/** Adds a container to look into a pod that runs. */
async function look(world: World, name: string, rest: JsonObject = {}): Promise<void> {
  const ephemeralContainers = [container("echo polo; sleep 1000", { name, ...rest })];
  await world.patch(
    "pods",
    "held/ephemeralcontainers",
    { spec: { ephemeralContainers } },
    "strategic",
  );
  await untilPod(world, "held", `with ${name}`, (found) => {
    const status = containerOf(found, name, "ephemeralContainerStatuses");
    return at(status, "state", "running") !== undefined;
  });
  assert.equal(await logOf(world, "held", name), "polo\n");
}

const lookedInto: Behaviours = {
  "node Ephemeral Containers start": async (world) => {
    await started(world, "held", staying(container(waits)));
    await look(world, "debugger");
  },
  "node Ephemeral Containers update": async (world) => {
    await started(world, "held", staying(container(waits)));
    await look(world, "one");
    await look(world, "two");
    const added = listAt(await world.get("pods", "held"), "spec", "ephemeralContainers");
    const names = added.map((each) => textAt(each, "name"));
    assert.deepEqual(names.toSorted(), ["one", "two"]);
  },
};

export const podTalk: Behaviours = { ...overWebSockets, ...logs, ...lookedInto };

/** Services and pods on ports of the machines, called from the machines' own network. */
import assert from "node:assert/strict";
import { run } from "../../adapters/lab/src/index.ts";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import { objectOf, pod } from "./manifest.ts";
import { container, podMsMax, serves, started, staying, untilPod } from "./pod-run.ts";
import { server, service, untilEndpoints } from "./serving.ts";
import type { World } from "./world.ts";

/** How long all calls of one program may take, in milliseconds. */
const callsMsMax = 20_000;

/** Calls an address so many times, and prints what it says, line by line; nothing for no answer. */
const caller = `
  const [url, count] = process.argv.slice(1);
  const call = () => fetch(url, { headers: { connection: "close" } }).then((got) => got.text());
  for (let made = 0; made < Number(count); made += 1) {
    console.log((await call().catch(() => "")).trim());
  }
`;

/** What a port of a machine says to calls from the other machine; empty where it is not open. */
async function callsAt(
  world: World,
  index: number,
  port: number,
  count: number,
): Promise<readonly string[]> {
  const host = world.mesh.machines[index]?.host;
  const other = world.mesh.machines[1 - index]?.host;
  assert(host && other, "machines are hosts of their own");
  const node = [process.execPath, "--input-type=module", "-e", caller];
  const words = [...other.enter, ...node, `http://${host.address}:${port}/`, `${count}`];
  const { stdout } = await run(words, { timeoutMs: callsMsMax });
  return stdout.split("\n").slice(0, count);
}

async function calledAt(world: World, index: number, port: number): Promise<string> {
  return (await callsAt(world, index, port, 1))[0] ?? "";
}

/** Waits until both machines say one of the names at a port. */
async function untilServed(world: World, port: number, names: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await world.until(
    () => `${names.join()} at port ${port}; it says ${last.join()}`,
    async () => {
      last = await Promise.all([0, 1].map((index) => calledAt(world, index, port)));
      return last.every((each) => names.includes(each));
    },
    podMsMax,
  );
}

/** Waits until a Service has a port of the machines, and gives it. */
async function nodePortOf(world: World): Promise<number> {
  const found = await world.untilSeen("services", "web", (each) => {
    return Number(at(each, "spec", "ports", 0, "nodePort") ?? 0) > 0;
  });
  const port = Number(at(found, "spec", "ports", 0, "nodePort"));
  assert(port >= 30_000 && port <= 32_767, `${port}`);
  return port;
}

async function untilClosed(world: World, port: number): Promise<void> {
  await world.until("the port closed", async () => (await calledAt(world, 0, port)) === "");
}

const external = { type: "ExternalName", externalName: "foo.example.com" };

/** Two pods, and a Service with a port of the machines before them. */
async function served(world: World, spec: JsonObject): Promise<number> {
  await Promise.all(["web-a", "web-b"].map((name) => server(world, name)));
  await service(world, "web", { type: "NodePort", ...spec });
  await untilEndpoints(world, "web", ["web-a:8080", "web-b:8080"]);
  const port = await nodePortOf(world);
  await untilServed(world, port, ["web-a", "web-b"]);
  return port;
}

/** Waits until so many answers in a row are of one pod, or of several. */
async function untilAnswers(world: World, port: number, what: "one" | "several"): Promise<void> {
  await world.until(
    `answers of ${what}`,
    async () => {
      const pods = new Set(await callsAt(world, 0, port, callsMade));
      if (pods.has("")) return false;
      return what === "one" ? pods.size === 1 : pods.size > 1;
    },
    podMsMax,
  );
}

/** Of two pods one is not called so often in a row by chance, but once in 512. */
const callsMade = 10;

export const nodePorts: Behaviours = {
  "net Services functioning NodePort": async (world) => {
    const port = await served(world, {});
    const shown = await world.get("services", "web");
    assert.equal(textAt(shown, "spec", "type"), "NodePort");
    await world.remove("services", "web");
    await untilClosed(world, port);
  },
  "net Services ExternalName to NodePort": async (world) => {
    await server(world, "web-a");
    await world.create("services", objectOf("services", "Service", "web", { spec: external }));
    await world.patch("services", "web", {
      spec: {
        type: "NodePort",
        externalName: null,
        selector: { app: "web" },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
      },
    });
    await untilServed(world, await nodePortOf(world), ["web-a"]);
  },
  "net Services NodePort to ExternalName": async (world) => {
    await server(world, "web-a");
    await service(world, "web", { type: "NodePort" });
    const port = await nodePortOf(world);
    await untilServed(world, port, ["web-a"]);
    const alias = await world.patch("services", "web", { spec: external });
    assert.equal(at(alias, "spec", "ports", 0, "nodePort"), undefined);
    assert.equal(at(alias, "spec", "clusterIP"), undefined);
    await untilClosed(world, port);
  },
  "net Services session affinity NodePort": async (world) => {
    await untilAnswers(world, await served(world, { sessionAffinity: "ClientIP" }), "one");
  },
  "net Services switch session affinity NodePort": async (world) => {
    const port = await served(world, {});
    await untilAnswers(world, port, "several");
    await world.patch("services", "web", { spec: { sessionAffinity: "ClientIP" } });
    await untilAnswers(world, port, "one");
    await world.patch("services", "web", { spec: { sessionAffinity: "None" } });
    await untilAnswers(world, port, "several");
  },
  "sched Predicates hostPort conflict 0.0.0.0": async (world) => {
    const [machine] = world.mesh.machines;
    assert(machine?.host, "machines are hosts of their own");
    const nodeSelector = { "kubernetes.io/hostname": machine.name };
    const taking = (port: JsonObject): JsonObject =>
      staying(container(serves, { ports: [{ containerPort: 8080, ...port }] }), { nodeSelector });
    await started(world, "everywhere", taking({ hostPort: 54_322, hostIP: "0.0.0.0" }));
    await world.until("its port open", async () => {
      return (await calledAt(world, 0, 54_322)) === "everywhere";
    });
    const same = { hostPort: 54_322, hostIP: machine.host.address };
    await world.create("pods", pod("same", taking(same)));
    await untilPod(world, "same", "without a machine", (found) =>
      listAt(found, "status", "conditions").some(
        (each) => each["reason"] === "Unschedulable" && textAt(each, "message").includes("ports"),
      ),
    );
    await started(world, "beside", taking({ hostPort: 54_323, hostIP: machine.host.address }));
    await world.until("the other port open", async () => {
      return (await calledAt(world, 0, 54_323)) === "beside";
    });
  },
};

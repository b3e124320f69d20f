/** What the newest kubectl of this computer does against a machine, as people do. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { run } from "../../adapters/lab/src/index.ts";
import type { JsonObject } from "../../core/wire/src/index.ts";
import { kubectls } from "../kubectls.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { pod, workload } from "./manifest.ts";
import { image } from "./mesh.ts";
import { container, staying, untilPhase, untilReady, untilReadyPods, waits } from "./pod-run.ts";
import type { World } from "./world.ts";

const kubectl = kubectls.at(-1) ?? "kubectl";

/** How long one command may take, in milliseconds. */
const commandMsMax = 60_000;

/** The command line of kubectl on the first machine's own host. */
function argvOf(world: World, words: readonly string[]): readonly string[] {
  const [machine] = world.mesh.machines;
  assert(machine, "there is a machine");
  const own = ["--kubeconfig", machine.kubeconfig, "--cache-dir", `${machine.data}/kubectl-cache`];
  return [
    ...(machine.host?.enter ?? []),
    kubectl,
    ...own,
    "--namespace",
    world.namespace,
    ...words,
  ];
}

/** What kubectl says to a command that must succeed, with an object before it. */
export async function says(world: World, words: string, input?: JsonObject): Promise<string> {
  const { code, output } = await tries(world, words, input);
  assert.equal(code, 0, `kubectl ${words}: ${output}`);
  return output;
}

async function tries(
  world: World,
  words: string,
  input?: JsonObject,
): Promise<{ readonly code: number; readonly output: string }> {
  const options = {
    timeoutMs: commandMsMax,
    input: input === undefined ? "" : JSON.stringify(input),
  };
  const { code, stdout, stderr } = await run([...argvOf(world, words.split(" "))], options);
  return { code: code ?? -1, output: `${stdout}${stderr}` };
}

/** A proxy that runs until the test is over, once it has said where it listens. */
async function proxy(world: World, words: readonly string[]): Promise<string> {
  const [command = "", ...rest] = argvOf(world, ["proxy", ...words]);
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  world.atEnd(() => ended(child));
  child.stdout.setEncoding("utf8");
  for await (const said of child.stdout) {
    const place = /Starting to serve on (?<place>\S+)/u.exec(String(said))?.groups?.["place"];
    if (place !== undefined) return place;
  }
  throw new Error("kubectl proxy did not begin to serve");
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });
}

const rc = (name: string, replicas: number): JsonObject =>
  workload("replicationcontrollers", name, { replicas, pod: staying(container(waits)) });

const reading: Behaviours = {
  "cli version": async (world) => {
    assert.match(
      await says(world, "version"),
      /Client Version[\s\S]*Server Version: v\d+\.\d+\.\d+/u,
    );
  },
  "cli api-versions": async (world) => {
    assert.match(await says(world, "api-versions"), /^v1$/mu);
  },
  "cli cluster-info": async (world) => {
    const said = await says(world, "cluster-info");
    assert.match(said, /Kubernetes control plane\S* is running at \S*https:/u);
  },
  "cli describe rc and pods": async (world) => {
    await says(world, "create -f -", rc("web", 1));
    const [found = {}] = await untilReadyPods(world, "web", 1);
    const ofPod = await says(world, `describe pod ${nameOf(found)}`);
    for (const part of [
      /Controlled By: +ReplicationController\/web/u,
      /Status: +Running/u,
      /Labels: +app=web/u,
      /IP: +\d/u,
    ]) {
      assert.match(ofPod, part);
    }
    assert.match(
      await says(world, "describe rc web"),
      /Replicas: +1 current \/ 1 desired[\s\S]*Pods Status: +1 Running/u,
    );
    const name = world.mesh.machines[0]?.name ?? "";
    assert.match(await says(world, `describe node ${name}`), /Conditions:[\s\S]*Ready/u);
    assert.match(await says(world, `describe namespace ${world.namespace}`), /Status: +Active/u);
  },
};

const writing: Behaviours = {
  "cli diff": async (world) => {
    const made = workload("deployments", "web", { replicas: 0 });
    await says(world, "create -f -", made);
    const wanted = workload("deployments", "web", { replicas: 0, spec: { paused: true } });
    const { code, output } = await tries(world, "diff -f -", wanted);
    assert.equal(code, 1, output);
    assert.match(output, /^\+ +paused: true/mu);
  },
  "cli server-side dry-run": async (world) => {
    await says(world, "create -f -", pod("web", staying(container(waits))));
    const change = { spec: { containers: [{ name: "main", image: "localhost/none:2" }] } };
    const words = ["patch", "pod", "web", "--dry-run=server", "-p", JSON.stringify(change)];
    const { code, stderr } = await run([...argvOf(world, words)], { timeoutMs: commandMsMax });
    assert.equal(code, 0, stderr);
    const found = await world.get("pods", "web");
    assert.notEqual(textAt(found, "spec", "containers", 0, "image"), "localhost/none:2");
  },
  "cli label": async (world) => {
    await says(world, "create -f -", pod("web", staying(container(waits))));
    await says(world, "label pods web testing-label=testing-label-value");
    assert.match(await says(world, "get pod web -L testing-label"), /testing-label-value/u);
    await says(world, "label pods web testing-label-");
    assert.doesNotMatch(await says(world, "get pod web -L testing-label"), /testing-label-value/u);
  },
  "cli patch": async (world) => {
    await says(world, "create -f -", rc("web", 1));
    const [found = {}] = await untilReadyPods(world, "web", 1);
    const words = ["patch", "pod", nameOf(found), "-p", '{"metadata":{"annotations":{"x":"y"}}}'];
    const { code, stderr } = await run([...argvOf(world, words)], { timeoutMs: commandMsMax });
    assert.equal(code, 0, stderr);
    assert.equal(
      textAt(await world.get("pods", nameOf(found)), "metadata", "annotations", "x"),
      "y",
    );
  },
  "cli replace": async (world) => {
    await says(world, `run web --image=${image} --labels=run=web -- sleep 1000`);
    await untilReady(world, "web");
    const found = await world.get("pods", "web");
    const containers = listAt(found, "spec", "containers").map((each) => ({
      ...each,
      image: "localhost/none:2",
    }));
    await says(world, "replace -f -", { ...found, spec: { ...Object(found["spec"]), containers } });
    const after = await world.get("pods", "web");
    assert.equal(textAt(after, "spec", "containers", 0, "image"), "localhost/none:2");
  },
  "cli run pod restart Never": async (world) => {
    await says(world, `run web --restart=Never --image=${image} -- true`);
    const found = await world.get("pods", "web");
    assert.equal(textAt(found, "spec", "restartPolicy"), "Never");
    await untilPhase(world, "web", "Succeeded");
  },
  "cli expose": async (world) => {
    await says(world, "create -f -", rc("web", 1));
    await untilReadyPods(world, "web", 1);
    for (const [name, port, from] of [
      ["rm2", 1234, "rc web"],
      ["rm3", 2345, "service rm2"],
    ] as const) {
      await says(world, `expose ${from} --name=${name} --port=${port} --target-port=6379`);
      const found = await world.untilSeen(
        "endpoints",
        name,
        (each) => listAt(each, "subsets").length > 0,
      );
      assert.equal(at(found, "subsets", 0, "ports", 0, "port"), 6379);
      assert.equal(at(await world.get("services", name), "spec", "ports", 0, "port"), port);
    }
  },
};

const demo: Behaviours = {
  "cli Update Demo create and stop rc": async (world) => {
    await says(world, "create -f -", rc("web", 2));
    await untilReadyPods(world, "web", 2);
    await says(world, "delete --grace-period=0 --force rc web");
    await world.until("its pods gone", async () => (await world.list("pods")).length === 0);
  },
  "cli Update Demo scale rc": async (world) => {
    await says(world, "create -f -", rc("web", 2));
    await untilReadyPods(world, "web", 2);
    for (const count of [1, 2]) {
      await says(world, `scale rc web --replicas=${count} --timeout=1m`);
      await untilReadyPods(world, "web", count);
    }
  },
  "cli Proxy port 0": async (world) => {
    const place = await proxy(world, ["-p", "0"]);
    const host = world.mesh.machines[0]?.host?.enter ?? [];
    const { stdout } = await run(
      [...host, "busybox", "wget", "-q", "-O", "-", `http://${place}/api/`],
      { timeoutMs: commandMsMax },
    );
    assert.match(stdout, /"kind":\s*"APIVersions"/u);
  },
  "cli Proxy unix-socket": async (world) => {
    const path = join(world.mesh.machines[0]?.data ?? "", `${world.namespace}.sock`);
    const socketPath = await proxy(world, [`--unix-socket=${path}`]);
    const said = await new Promise<string>((resolve, reject) => {
      const call = request(
        { socketPath, path: "/api/", headers: { host: "localhost" } },
        (response) => {
          text(response).then(resolve, reject);
        },
      );
      call.on("error", reject);
      call.end();
    });
    assert.match(said, /"kind":\s*"APIVersions"/u);
  },
};

/** None where there is no kubectl. */
export const kubectlAlone: Behaviours = { ...reading, ...writing, ...demo };

/** Whether this computer has one. */
export const hasKubectl: boolean = kubectls.length > 0;

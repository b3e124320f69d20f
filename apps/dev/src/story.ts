/**
 * The story of the check: what a newcomer is promised, told with real machines. Each chapter
 * throws `check-failed` with what it could not see.
 */
import { readFile } from "node:fs/promises";
import { BeeError } from "@beemesh/base";
import { callUnix } from "./http.ts";
import type { DevMachine } from "./machine.ts";
import { type SeenPod, seePods } from "./pods.ts";
import {
  apply,
  exampleReplicas,
  exampleSelector,
  expect,
  healthyPods,
  kubectlOk,
  kubectlSays,
  machineAt,
  type Stage,
  untilHealthy,
} from "./stage.ts";
import { until } from "./until.ts";

/** Chapter 1: every machine shows every other. */
export async function meet(stage: Stage): Promise<void> {
  const { machines } = stage.mesh;
  for (const machine of machines) {
    await machine.untilReadyMachines(machines.length);
    if (stage.kubectl !== undefined) {
      const table = await kubectlOk(stage, machine, "get", "nodes", "-o", "wide");
      expect(
        machines.every(({ name }) => new RegExp(`^${name} +Ready`, "mu").test(table)),
        `every machine Ready in kubectl get nodes on ${machine.name}: ${table}`,
      );
    }
  }
}

/** Chapter 2a: apply against machine 2, and pods run, one on each machine. */
export async function deploy(stage: Stage): Promise<{ readonly applyToRunningMs: number }> {
  const second = machineAt(stage, 1);
  await apply(stage, second);
  const { found, tookMs } = await untilHealthy(second, exampleReplicas, 60_000);
  const nodes = new Set(found.map(({ node }) => node));
  expect(
    nodes.size === stage.mesh.machines.length,
    `a pod on each machine: ${[...nodes].join(" ")}`,
  );
  return { applyToRunningMs: Math.round(tookMs) };
}

/** Chapter 2b: the verbs of a day, from every machine, with the real kubectl. */
export async function verbs(stage: Stage): Promise<void> {
  if (stage.kubectl === undefined) {
    stage.tell("no kubectl on this computer: its verbs are not walked through");
    return;
  }
  for (const machine of stage.mesh.machines) {
    const { found } = await untilHealthy(machine, exampleReplicas, 20_000);
    const pod = found[0]?.name ?? "";
    const listed = await kubectlOk(stage, machine, "get", "pods", "-o", "wide");
    expect(
      listed.includes(pod) && listed.includes("1/1"),
      `kubectl get pods show ${pod}: ${listed}`,
    );
    await kubectlSays(stage, machine, /my-stateless-app/u, "get", "pods", "-w");
    expect(
      (await kubectlOk(stage, machine, "describe", "pod", pod)).includes("Container ID"),
      "kubectl describe pod show its container",
    );
    await kubectlSays(stage, machine, /\S/u, "logs", "-f", pod);
    const echoed = await kubectlOk(stage, machine, "exec", pod, "--", "echo", "from inside");
    expect(echoed.trim() === "from inside", `kubectl exec echo: ${echoed}`);
    await kubectlOk(
      stage,
      machine,
      "rollout",
      "status",
      "deployment/my-stateless-app",
      "--timeout=30s",
    );
  }
  await scaleAndDelete(stage);
}

async function scaleAndDelete(stage: Stage): Promise<void> {
  const first = machineAt(stage, 0);
  await kubectlOk(stage, first, "scale", "deployment/my-stateless-app", "--replicas=5");
  await untilHealthy(machineAt(stage, 1), 5, 30_000);
  await kubectlOk(stage, first, "scale", "deployment/my-stateless-app", "--replicas=3");
  const { found } = await untilHealthy(machineAt(stage, 2), exampleReplicas, 30_000);
  const victim = found[0];
  await kubectlOk(stage, machineAt(stage, 2), "delete", "pod", victim?.name ?? "");
  await until("another pod in its place", 30_000, async () => {
    const pods = await healthyPods(first);
    const isNew = pods.every(({ uid }) => uid !== victim?.uid);
    return isNew && pods.length === exampleReplicas ? true : undefined;
  });
}

/** Chapter 7, told while all machines live: the classic interface answers on every one. */
export async function classic(stage: Stage): Promise<void> {
  const manifest = await readFile(stage.manifest, "utf8");
  for (const machine of stage.mesh.machines) {
    const health = await callUnix(machine.httpSocket, { path: "/healthz" });
    expect(health.status === 200, `GET /healthz answer 200 on ${machine.name}: ${health.status}`);
    const metrics = await callUnix(machine.httpSocket, { path: "/metrics" });
    expect(/^# TYPE beemesh_/mu.test(metrics.body), `metrics on ${machine.name}`);
    const posted = await callUnix(machine.httpSocket, {
      method: "POST",
      path: "/v1/workloads/stateless",
      headers: { "content-type": "application/yaml" },
      body: manifest,
    });
    expect(posted.status < 300, `POST of the example succeed: ${posted.status} ${posted.body}`);
    await until(`the service answer through ${machine.name}`, 20_000, async () => {
      const page = await callUnix(machine.httpSocket, { path: "/" });
      return page.status === 200 && page.body.includes("my-stateless-app") ? true : undefined;
    });
  }
}

/** Chapter 3: a process, a pod and a whole machine are killed, and the number is back each time. */
export async function heal(stage: Stage): Promise<{ readonly healMs: number }> {
  const second = machineAt(stage, 1);
  await killProcess(stage, second, await settleOn(stage, second));
  await removePod(stage, second);
  return killMachine(stage);
}

async function killProcess(stage: Stage, machine: DevMachine, pod: SeenPod): Promise<void> {
  const pid = await machine.mainProcessOf(pod.uid);
  process.kill(pid, "SIGKILL");
  stage.tell(`killed the process of ${pod.name}`);
  await until("the killed container run again", 20_000, async () => {
    const same = (await healthyPods(machine)).find(({ uid }) => uid === pod.uid);
    return same !== undefined && same.restarts > pod.restarts ? true : undefined;
  });
}

async function removePod(stage: Stage, machine: DevMachine): Promise<void> {
  const pod = await settleOn(stage, machine);
  await machine.removeBehindBack(pod.uid);
  stage.tell(`removed ${pod.name} behind the daemon's back`);
  await until("a clone in its place", 20_000, async () => {
    const pods = await healthyPods(machine);
    const isNew = pods.every(({ uid }) => uid !== pod.uid);
    return isNew && pods.length === exampleReplicas ? true : undefined;
  });
  await expectClone(stage);
}

async function killMachine(stage: Stage): Promise<{ readonly healMs: number }> {
  const [first, third] = [machineAt(stage, 0), machineAt(stage, 2)];
  await settleOn(stage, third);
  // Counted from the blow, not from when the last of its processes is gone.
  const lost = third.powerOff();
  const { tookMs } = await untilHealthy(
    first,
    exampleReplicas,
    30_000,
    ({ node }) => node !== third.name,
  );
  await lost;
  stage.tell(`killed ${third.name} with all its containers`);
  await expectClone(stage);
  await third.boot();
  await third.ready();
  await meet(stage);
  await untilHealthy(first, exampleReplicas, 30_000);
  return { healMs: Math.round(tookMs) };
}

/** Somebody has said who asked for the replacement. */
async function expectClone(stage: Stage): Promise<void> {
  await until("the log line of a clone task", 10_000, async () => {
    const logs = await Promise.all(
      stage.mesh.machines.map((machine) => readFile(machine.logPath, "utf8").catch(() => "")),
    );
    const said = /Published clone task \S+ for default\/my-stateless-app/u;
    return logs.some((log) => said.test(log)) ? true : undefined;
  });
}

/** Chapter 4: the network is cut and joined; nothing healthy restarts, nothing runs twice. */
export async function partition(stage: Stage): Promise<void> {
  const [first, third] = [machineAt(stage, 0), machineAt(stage, 2)];
  await settleOn(stage, third);
  const before = (await untilHealthy(first, exampleReplicas, 30_000)).found;
  await third.host?.unplug();
  stage.tell(`cut ${third.name} off`);
  await untilHealthy(first, exampleReplicas, 30_000, ({ node }) => node !== third.name);
  await untilHealthy(third, exampleReplicas, 30_000, ({ node }) => node === third.name);
  await third.host?.plug();
  stage.tell(`joined ${third.name} again`);
  await until("one container a slot, 5 s after the joining", 5000, async () => {
    const containers = await Promise.all(stage.mesh.machines.map((machine) => machine.podsHere()));
    const agree = await Promise.all(stage.mesh.machines.map((machine) => healthyPods(machine)));
    const isOnce = containers.flat().length === exampleReplicas;
    return isOnce && agree.every((pods) => pods.length === exampleReplicas) ? true : undefined;
  });
  const after = await healthyPods(first);
  for (const pod of before) {
    const same = after.find(({ uid }) => uid === pod.uid);
    expect(
      same !== undefined && same.restarts === pod.restarts && same.startedAt === pod.startedAt,
      `${pod.name} (${pod.uid} on ${pod.node}) go on as it was; there is ${JSON.stringify(after)}`,
    );
  }
}

/** Deletes pods until a machine has one of them: what comes back is spread. */
async function settleOn(stage: Stage, machine: DevMachine): Promise<SeenPod> {
  const first = machineAt(stage, 0);
  for (let round = 0; round < 6; round += 1) {
    const pods = (await untilHealthy(first, exampleReplicas, 30_000)).found;
    const there = pods.find(({ node }) => node === machine.name);
    if (there !== undefined) return there;
    await deletePod(first, pods[round % pods.length]);
  }
  throw new BeeError("check-failed", `Cannot see a pod on ${machine.name}: it never got one`);
}

async function deletePod(machine: DevMachine, pod: SeenPod | undefined): Promise<void> {
  const path = `/api/v1/namespaces/default/pods/${pod?.name}`;
  await machine.client().call("DELETE", path, { gracePeriodSeconds: 1 });
  await until("the deleted pod gone", 20_000, async () => {
    const left = (await seePods(machine.client(), exampleSelector)).map(({ uid }) => uid);
    return left.includes(pod?.uid ?? "") ? undefined : true;
  });
}

/** Chapter 5: all machines but one are killed; the survivor lists, creates, runs, deletes. */
export async function lastSurvivor(stage: Stage): Promise<DevMachine> {
  const [first, second, third] = [machineAt(stage, 0), machineAt(stage, 1), machineAt(stage, 2)];
  await first.powerOff();
  await second.powerOff();
  stage.tell("killed all machines but one");
  await untilHealthy(third, exampleReplicas, 30_000, ({ node }) => node === third.name);
  const path = "/api/v1/namespaces/default/pods";
  const made = await third.client().call("POST", path, lastPod);
  expect(
    made.status === 201,
    `the survivor create a pod: ${made.status} ${JSON.stringify(made.body)}`,
  );
  await until("the pod run on the survivor", 20_000, async () => {
    const pods = await healthyPods(third, "app=last");
    return pods.length === 1 ? true : undefined;
  });
  const gone = await third.client().call("DELETE", `${path}/last`, { gracePeriodSeconds: 1 });
  expect(
    gone.status === 200,
    `the survivor delete a pod: ${gone.status} ${JSON.stringify(gone.body)}`,
  );
  await until("the pod gone", 20_000, async () => {
    const left = await seePods(third.client(), "app=last");
    return left.length === 0 ? true : undefined;
  });
  return third;
}

const lastPod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "last", labels: { app: "last" } },
  spec: { containers: [{ name: "web", image: "localhost/beemesh-hello:1" }] },
} as const;

/** Chapter 6: the survivor is rebooted with its cable out; what it ran comes back from its disk. */
export async function reboot(stage: Stage, survivor: DevMachine): Promise<void> {
  await survivor.host?.unplug();
  await survivor.powerOff();
  stage.tell("rebooting the last machine without a network");
  await survivor.boot();
  await survivor.ready();
  await untilHealthy(survivor, exampleReplicas, 30_000, ({ node }) => node === survivor.name);
  await survivor.host?.plug();
}

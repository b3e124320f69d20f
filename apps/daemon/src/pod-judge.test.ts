/**
 * Pods that controllers make, judged by webhooks and policies on a real machine: what sidecars are
 * injected by, and what forbids pods.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { helloImage } from "@beemesh/runtime";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { clientOf, configuration, encoded, skip, startJudge, withMachine } from "./judge.test.ts";
import type { Client } from "./kubectl-client.test.ts";
import { PodJudge } from "./pod-judge.ts";
import { at, meshOf, until, withStage } from "./stage.test.ts";

const idle = [process.execPath, "-e", "setInterval(() => undefined, 1000)"];

const newPods = [
  { apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] },
];

function container(name: string): JsonObject {
  return { name, image: helloImage, imagePullPolicy: "Never", command: idle };
}

const labels = { app: "web" };

function template(spec: JsonObject = {}): JsonObject {
  const base = { terminationGracePeriodSeconds: 0, containers: [container("web")] };
  return { metadata: { labels }, spec: { ...base, ...spec } };
}

function workload(apiVersion: string, kind: string, spec: JsonObject = {}): JsonObject {
  const selector = { matchLabels: labels };
  return {
    apiVersion,
    kind,
    metadata: { name: "web", labels },
    spec: { selector, template: template(), ...spec },
  };
}

function deployment(replicas: number): JsonObject {
  return workload("apps/v1", "Deployment", { replicas });
}

/** A Job that ends at once, and well. */
function job(): JsonObject {
  const once = { ...container("web"), command: [process.execPath, "-e", ""] };
  const spec = { template: template({ restartPolicy: "Never", containers: [once] }) };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name: "web" }, spec };
}

async function podsOf(client: Client, namespace = "default"): Promise<readonly JsonObject[]> {
  const items = at(await client.object(`pods -l app=web -n ${namespace}`), "items");
  return (Array.isArray(items) ? items : []).filter((each) => isJsonObject(each));
}

/** The names of the containers of a pod that are ready. */
function readyIn(pod: JsonObject): readonly Json[] {
  const statuses = at(pod, "status", "containerStatuses");
  return (Array.isArray(statuses) ? statuses : [])
    .filter((each) => at(each, "ready") === true)
    .map((each) => at(each, "name") ?? null);
}

/** Pods outlive their daemon: they have to go while somebody can end them. */
async function clear(client: Client): Promise<void> {
  for (const sort of ["mutating", "validating"]) {
    await client.run(`delete ${sort}webhookconfigurations --all`);
  }
  await client.run("delete deployment web --wait=false");
  await until("the pods are gone", async () => (await podsOf(client)).length === 0);
}

describe("a pod of a Deployment", { skip }, () => {
  test("runs with what a mutating webhook puts into it, and goes on without that", async (t) => {
    const makers = new Set<Json>();
    const injector = await startJudge((request) => {
      makers.add(at(request, "userInfo", "username") ?? "");
      return encoded([
        { op: "add", path: "/metadata/labels/injected", value: "yes" },
        { op: "add", path: "/spec/containers/0/env", value: [{ name: "BY", value: "hook" }] },
        { op: "add", path: "/spec/containers/-", value: container("side") },
      ]);
    });
    t.after(() => injector.close());
    await withMachine(async (client, machine) => {
      await machine.plantImage();
      const more = { rules: newPods };
      const made = await client.run("create -f -", configuration("Mutating", injector, more));
      assert.doesNotMatch(made.output, /Warning/u);
      try {
        await client.done("create -f -", deployment(2));
        await client.done("rollout status deployment web --timeout=60s");
        const pods = await podsOf(client);
        assert.equal(pods.length, 2);
        for (const pod of pods) {
          assert.deepEqual(new Set(readyIn(pod)), new Set(["side", "web"]));
          assert.equal(at(pod, "metadata", "labels", "injected"), "yes");
          const note = at(pod, "metadata", "annotations", "beemesh.io/mutated-by");
          assert.equal(note, "mutating/mutating.example.com");
          assert.match(JSON.stringify(at(pod, "spec")), /"name":"BY","value":"hook"/u);
        }
        const maker = "system:serviceaccount:kube-system:replicaset-controller";
        assert.deepEqual([...makers], [maker]);
        await client.done("rollout restart deployment web");
        await client.done("rollout status deployment web --timeout=60s");
        const history = await client.done("rollout history deployment web");
        assert.match(history, /\n1 .*\n2 .*\n\n?$/u, "a pod that differs is no other revision");
        await client.done("delete mutatingwebhookconfiguration mutating");
        const before = uidsOf(await podsOf(client));
        await machine.stop();
        await machine.start();
        const again = clientOf(machine);
        await until("the pods go on", async () => {
          const now = await podsOf(again);
          return now.length === 2 && now.every((pod) => readyIn(pod).length === 2);
        });
        assert.deepEqual(uidsOf(await podsOf(again)), before);
        assert.doesNotMatch(machine.log.join(""), /Refused to run/u);
      } finally {
        await clear(clientOf(machine));
      }
    });
  });

  test("is no other than those of StatefulSets, DaemonSets and Jobs", async (t) => {
    const makers = new Set<Json>();
    const marker = await startJudge((request) => {
      makers.add(at(request, "userInfo", "username") ?? "");
      return encoded([
        { op: "add", path: "/spec/containers/0/env", value: [{ name: "BY", value: "hook" }] },
      ]);
    });
    t.after(() => marker.close());
    await withMachine(async (client, machine) => {
      await machine.plantImage();
      const more = { rules: newPods };
      await client.done("create -f -", configuration("Mutating", marker, more));
      const workloads = ["statefulset/web", "daemonset/web", "job/web"];
      try {
        await client.done(
          "create -f -",
          workload("apps/v1", "StatefulSet", { serviceName: "web" }),
        );
        await client.done("create -f -", workload("apps/v1", "DaemonSet"));
        await client.done("create -f -", job());
        await client.done("rollout status statefulset web --timeout=60s");
        await client.done("rollout status daemonset web --timeout=60s");
        await client.done("wait --for=condition=Complete job/web --timeout=60s");
        const specs = (await podsOf(client)).map((pod) => JSON.stringify(at(pod, "spec")));
        assert.equal(specs.length, 3);
        assert(specs.every((spec) => spec.includes('"name":"BY","value":"hook"')));
        const accounts = ["statefulset", "daemon-set", "job"].map(
          (name) => `system:serviceaccount:kube-system:${name}-controller`,
        );
        assert.deepEqual(makers, new Set(accounts));
      } finally {
        await client.run(`delete ${workloads.join(" ")} --wait=false`);
        await clear(client);
      }
    });
  });

  test("is refused by a policy, which the Deployment tells, and comes without it", () =>
    withMachine(async (client, machine) => {
      await machine.plantImage();
      const validations = [
        {
          expression: "has(object.metadata.labels.owner)",
          messageExpression: "'a pod by ' + request.userInfo.username + ' has no owner'",
        },
      ];
      await client.done("create -f -", {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata: { name: "owned" },
        spec: { matchConstraints: { resourceRules: newPods }, validations },
      });
      await client.done("create -f -", {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata: { name: "owned" },
        spec: { policyName: "owned", validationActions: ["Deny"] },
      });
      try {
        await client.done("create -f -", deployment(2));
        const words =
          "ValidatingAdmissionPolicy 'owned' with binding 'owned' denied request: a pod by " +
          "system:serviceaccount:kube-system:replicaset-controller has no owner";
        await until("the refusal is told", async () => {
          const events = await client.done("get events --field-selector reason=FailedCreate");
          return events.includes(words);
        });
        await until("the Deployment tells why", async () => {
          const text = await client.done("get deployment web -o json");
          return text.includes("ReplicaFailure") && text.includes("has no owner");
        });
        assert.deepEqual(await podsOf(client), []);
        await client.done("delete validatingadmissionpolicybinding owned");
        await client.done("rollout status deployment web --timeout=60s");
        await until("the Deployment tells of no failure", async () => {
          const text = await client.done("get deployment web -o json");
          return !text.includes("ReplicaFailure");
        });
      } finally {
        await clear(client);
      }
    }));

  test("waits for a webhook that is away and must be asked, not for one that may be", async (t) => {
    const gone = await startJudge(() => ({}));
    t.after(() => gone.close());
    await withMachine(async (client, machine) => {
      await machine.plantImage();
      await gone.close();
      const more = { rules: newPods, timeoutSeconds: 1 };
      await client.done("create -f -", configuration("Validating", gone, more));
      try {
        await client.done("create -f -", deployment(1));
        await until("the webhook is missed", async () => {
          const events = await client.done("get events --field-selector reason=FailedCreate");
          return /failed calling webhook "validating\.example\.com": failed to call/u.test(events);
        });
        assert.deepEqual(await podsOf(client), []);
        const ignore = { ...more, failurePolicy: "Ignore" };
        await client.done("replace -f -", configuration("Validating", gone, ignore));
        await client.done("rollout status deployment web --timeout=60s");
      } finally {
        await clear(client);
      }
    });
  });
});

test("where a webhook is away lost pods wait for it, and elsewhere they are replaced", {
  skip,
}, async (t) => {
  let isAway = false;
  const marker = await startJudge(() => {
    if (isAway) throw new Error("nobody is there");
    return encoded([{ op: "add", path: "/metadata/labels/marked", value: "yes" }]);
  });
  t.after(() => marker.close());
  await withStage(async (make) => {
    const [first, second, lost] = await meshOf(make, 3);
    assert(first && second && lost);
    const client = clientOf(first);
    await client.done("create namespace free");
    const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": "default" } };
    const more = { rules: newPods, namespaceSelector };
    await client.done("create -f -", configuration("Mutating", marker, more));
    for (const namespace of ["default", "free"]) {
      await client.done(`create -n ${namespace} -f -`, deployment(3));
      await client.done(`rollout status deployment web -n ${namespace} --timeout=60s`);
    }
    const goneFrom = async (namespace: string): Promise<readonly JsonObject[]> => {
      const pods = await podsOf(client, namespace);
      return pods.filter((pod) => at(pod, "spec", "nodeName") === "m3");
    };
    assert.equal((await goneFrom("default")).length, 1);
    isAway = true;
    await lost.stop();
    await until("the pod that nobody judges is replaced", async () => {
      const pods = await podsOf(client, "free");
      return (
        (await goneFrom("free")).length === 0 && pods.every((pod) => readyIn(pod).length === 1)
      );
    });
    await until("the webhook is missed", async () => {
      const events = await client.done("get events --field-selector reason=FailedCreate");
      return events.includes('failed calling webhook "mutating.example.com"');
    });
    assert.equal((await goneFrom("default")).length, 1, "its pod is where it was");
    isAway = false;
    await until("the other pod is replaced as well", async () => {
      const pods = await podsOf(client);
      const marks = pods.map((pod) => at(pod, "metadata", "labels", "marked"));
      assert.deepEqual(marks, ["yes", "yes", "yes"]);
      return (
        (await goneFrom("default")).length === 0 && pods.every((pod) => readyIn(pod).length === 1)
      );
    });
    await lost.start();
    await clear(client);
    await client.done("delete namespace free --timeout=60s");
  });
});

function uidsOf(pods: readonly JsonObject[]): readonly Json[] {
  return pods.map((pod) => at(pod, "metadata", "uid") ?? null);
}

test("what is asked before everything is up waits, and a fault of ours is an answer", async () => {
  const judge = new PodJudge();
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "shop" } };
  const asked = judge.judge({ pod, controller: "job-controller" });
  const brought: string[] = [];
  judge.open({
    api: {
      judgePod: () => {
        throw new Error("no judge");
      },
    },
    webhooks: { askAll: () => Promise.resolve([]) },
    reading: {
      bringAll: (wanted) => {
        brought.push(...wanted);
        return Promise.resolve();
      },
    },
    clock: () => ({ at: instantAt(0), wallMs: 0 }),
  });
  assert.deepEqual(await asked, { ok: false, message: "Internal error occurred: no judge" });
  assert(brought.includes("serviceaccounts/shop") && brought.includes("limitranges/shop"));
});

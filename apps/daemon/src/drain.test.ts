/** Machines that are cordoned, drained and tainted, asked for with real kubectl. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { outerKubectls as kubectls } from "../../../test/kubectls.ts";
import { Client } from "./kubectl-client.test.ts";
import { until, withStage } from "./stage.test.ts";

const main = {
  name: "main",
  image: "localhost/beemesh-hello:1",
  imagePullPolicy: "Never",
  command: ["sleep", "600"],
};

function workload(kind: string, name: string, rest: JsonObject = {}): JsonObject {
  const labels = { app: name };
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [main],
    volumes: [{ name: "scratch", emptyDir: {} }],
  };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec }, ...rest },
  };
}

const budget: JsonObject = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web" },
  spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
};

/** Two machines of one mesh, and kubectl at the first. */
function withPair(path: string, play: (client: Client) => Promise<void>): Promise<void> {
  return withStage(async (make) => {
    const [first, second] = [make("m1"), make("m2")];
    first.found();
    await first.plantImage();
    await first.start();
    second.join(first);
    await second.plantImage();
    await second.start();
    const client = new Client(first, path);
    await until("both are ready", async () =>
      /m1 +Ready.*\n.*m2 +Ready/u.test(await client.done("get nodes")),
    );
    await play(client);
  });
}

describe("a machine that shall run no pods", {
  skip: kubectls.length === 0 && "there is no kubectl",
}, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version}: is drained within a budget, and has pods again when it may`, () =>
      withPair(path, async (client) => {
        const machines = "get pods -l app=web -o jsonpath={.items[*].spec.nodeName}";
        await client.done("cordon m1");
        await client.done("apply -f -", workload("Deployment", "web", { replicas: 2 }));
        await client.done("apply -f -", workload("DaemonSet", "agent"));
        await client.done("apply -f -", budget);
        await client.done("rollout status deploy/web --timeout=60s");
        await client.done("rollout status ds/agent --timeout=60s");
        assert.equal(await client.done(machines), "m2 m2");
        await client.done("uncordon m1");
        const allowed = "{.status.disruptionsAllowed}/{.status.currentHealthy}";
        await until(
          "the budget allows one",
          async () => (await client.done(`get pdb web -o jsonpath=${allowed}`)) === "1/2",
        );
        assert.match(await client.done("get pdb web"), /web +1 +N\/A +1 /u);
        const refused = await client.run("drain m2 --timeout=30s");
        assert.match(refused.output, /ignore-daemonsets/u);
        const drained = await client.done(
          "drain m2 --ignore-daemonsets --delete-emptydir-data --timeout=60s",
        );
        assert.match(drained, /would violate the pod's disruption budget/u);
        assert.match(drained, /node\/m2 (?:drained|evicted)|drained/u);
        assert.match(await client.done("get node m2"), /Ready,SchedulingDisabled/u);
        const described = await client.done("describe node m2");
        assert.match(described, /Taints: +node.kubernetes.io\/unschedulable:NoSchedule/u);
        assert.match(
          described,
          /HolderIdentity: +m2\n +AcquireTime: +<unset>\n +RenewTime: +\w{3},/u,
        );
        await until("both are on the other", async () => (await client.done(machines)) === "m1 m1");
        const agents = "get pods -l app=agent -o jsonpath={.items[*].spec.nodeName}";
        assert.equal((await client.done(agents)).split(" ").toSorted().join(" "), "m1 m2");
        await client.done("uncordon m2");
        await client.done("scale deploy/web --replicas=3");
        await until("it takes pods", async () => / ?m2/u.test(await client.done(machines)));
        await client.done("delete deploy,ds,pdb --all --timeout=60s");
        await until("all is gone", async () => (await client.done("get pods -o name")) === "");
      }));

    test(`${version}: is left by those who do not tolerate its taint`, () =>
      withPair(path, async (client) => {
        await client.done("taint node m2 gone=now:NoExecute");
        await client.done("apply -f -", workload("Deployment", "web", { replicas: 2 }));
        await client.done("rollout status deploy/web --timeout=60s");
        const machines = "get pods -l app=web -o jsonpath={.items[*].spec.nodeName}";
        assert.equal(await client.done(machines), "m1 m1");
        await client.done("taint node m1 gone=now:NoExecute");
        await client.done("taint node m2 gone-");
        await until("both have left", async () => (await client.done(machines)) === "m2 m2");
        const events = "get events --field-selector reason=TaintManagerEviction";
        assert.match(await client.done(events), /Marking for deletion Pod default\/web-/u);
        await client.done("delete deploy web --timeout=60s");
        await until("all is gone", async () => (await client.done("get pods -o name")) === "");
      }));
  }
});

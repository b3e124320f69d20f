/** Verbs that change what runs and wait for it: scale, rollout. */
import assert from "node:assert/strict";
import type { Case } from "./case.ts";
import { deployment, ready } from "./objects.ts";
import { at, manifest, textAt } from "./scene.ts";

export const rolloutCases: readonly Case[] = [
  {
    verb: "rollout status, history, undo",
    async play(scene) {
      await scene.apply(deployment("rolled", { replicas: 1 }));
      const status = "rollout status deployment/rolled --timeout=60s";
      await scene.prints(status, /deployment "rolled" successfully rolled out/u);
      await scene.sees("deployments.apps/rolled", { status: { readyReplicas: 1 } });
      await scene.ok("annotate deployment/rolled kubernetes.io/change-cause=first");
      await scene.ok("set env deployment/rolled STEP=2");
      await scene.ok(status);
      const history = await scene.ok("rollout history deployment/rolled");
      assert.match(history, /^REVISION +CHANGE-CAUSE\n1 +\S+\n2 +\S+\n/mu);
      const second = "rollout history deployment/rolled --revision=2";
      await scene.prints(second, /^ +STEP:\s+2$/mu);
      const undo = "rollout undo deployment/rolled";
      await scene.prints(`${undo} --dry-run=server`, /rolled back \(server dry run\)/u);
      await scene.prints(undo, /deployment.apps\/rolled rolled back/u);
      await scene.ok(status);
      const template = { metadata: { labels: { app: "rolled" } } };
      const { spec } = await scene.sees("deployments.apps/rolled", {
        metadata: { annotations: { "deployment.kubernetes.io/revision": "3" } },
        spec: { template },
        status: { updatedReplicas: 1, readyReplicas: 1 },
      });
      const [container] = Object(at(spec, "template", "spec", "containers"));
      assert.equal(at(container, "env"), undefined);
      await scene.ok("rollout undo deployment/rolled --to-revision=2");
      await scene.sees("deployments.apps/rolled", {
        spec: { template: { spec: { containers: [{ env: [{ name: "STEP" }] }] } } },
      });
      await scene.fails(`${undo} --to-revision=77`, /unable to find specified revision 77/u);
      await scene.ok("delete deployment rolled");
    },
  },
  {
    verb: "rollout pause, resume, restart",
    async play(scene) {
      await scene.apply(deployment("paused"));
      await scene.prints("rollout pause deployment/paused", /deployment.apps\/paused paused/u);
      await scene.sees("deployments.apps/paused", { spec: { paused: true } });
      await scene.fails("rollout pause deployment/paused", /is already paused/u);
      await scene.fails("rollout restart deployment/paused", /can't restart paused deployment/u);
      await scene.prints("rollout resume deployment/paused", /deployment.apps\/paused resumed/u);
      await scene.sees("deployments.apps/paused", { spec: { paused: undefined } });
      await scene.prints("rollout restart deployment/paused", /paused restarted/u);
      const annotations = { "kubectl.kubernetes.io/restartedAt": /^\d{4}-/u };
      await scene.sees("deployments.apps/paused", {
        spec: { template: { metadata: { annotations } } },
      });
      await scene.seesCount("replicasets.apps?labelSelector=app=paused", 2);
    },
  },
  {
    verb: "rollout (StatefulSet, DaemonSet)",
    async play(scene) {
      const { spec } = deployment("placed");
      const [machine = ""] = scene.machines;
      const { template, selector } = Object(spec);
      const set = { apiVersion: "apps/v1", metadata: { name: "placed" } };
      const only = { nodeSelector: { "kubernetes.io/hostname": machine } };
      const there = { ...template, spec: { ...template.spec, ...only } };
      await scene.apply(
        {
          ...set,
          kind: "StatefulSet",
          spec: { selector, template, replicas: 1, serviceName: "placed" },
        },
        { ...set, kind: "DaemonSet", spec: { selector, template: there } },
      );
      const uids = "get pods -l app=placed -o jsonpath={.items[*].metadata.uid}";
      for (const kind of ["statefulset", "daemonset"]) {
        const status = `rollout status ${kind}/placed --timeout=60s`;
        await scene.ok(status);
        const first = await scene.ok(uids);
        await scene.ok(`set env ${kind}/placed STEP=2`);
        await scene.ok(status);
        const second = await scene.ok(uids);
        assert.notEqual(second, first);
        await scene.prints(`rollout history ${kind}/placed`, /^1 +<none>\n2 +<none>$/mu);
        await scene.ok(`rollout undo ${kind}/placed`);
        await scene.ok(status);
        const bare = { name: "main", env: undefined };
        await scene.sees(`${kind}s.apps/placed`, {
          spec: { template: { spec: { containers: [bare] } } },
        });
      }
      await scene.sees("pods/placed-0", {
        spec: { containers: [{ env: undefined }] },
        status: { phase: "Running" },
      });
      await scene.sees("daemonsets.apps/placed", {
        status: { desiredNumberScheduled: 1, numberReady: 1 },
      });
      await scene.ok("scale statefulset placed --replicas=2");
      await scene.sees("pods/placed-1", ready);
      await scene.ok("scale statefulset placed --replicas=1");
      await scene.seesNo("pods/placed-1");
      await scene.ok("delete statefulset,daemonset placed");
      await scene.seesCount("pods?labelSelector=app=placed", 0);
    },
  },
  {
    verb: "create, scale, describe, expose, delete (ReplicationController)",
    conformance: [
      "Update Demo create and stop rc",
      "Update Demo scale rc",
      "describe rc and pods",
      "expose",
    ],
    async play(scene) {
      const { spec } = deployment("demo");
      const { template } = Object(spec);
      const made = { apiVersion: "v1", kind: "ReplicationController", metadata: { name: "demo" } };
      const input = manifest({ ...made, spec: { replicas: 1, template } });
      await scene.prints("create -f -", /replicationcontroller\/demo created/u, { input });
      await scene.sees("replicationcontrollers/demo", { status: { readyReplicas: 1 } });
      await scene.prints("scale rc demo --replicas=2 --timeout=45s", /demo scaled/u);
      await scene.sees("replicationcontrollers/demo", { status: { readyReplicas: 2 } });
      await scene.ok("scale rc demo --replicas=1 --timeout=45s");
      const [left] = await scene.seesCount("pods?labelSelector=app=demo", 1);
      const described = await scene.ok("describe rc demo");
      assert.match(described, /^Selector: +app=demo$/mu);
      assert.match(described, /^Replicas: +1 current \/ 1 desired$/mu);
      assert.match(
        described,
        /^Pods Status: +1 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/mu,
      );
      assert.match(described, /SuccessfulCreate/u);
      const pod = await scene.ok(`describe pod ${textAt(left, "metadata", "name")}`);
      assert.match(pod, /^Controlled By: +ReplicationController\/demo$/mu);
      assert.match(pod, /^Status: +Running$/mu);
      await scene.prints(
        "expose rc demo --name=demo-web --port=1234 --target-port=6379",
        /exposed/u,
      );
      await scene.ok("expose service demo-web --name=demo-more --port=2345 --target-port=6379");
      const ports = [{ port: 2345, targetPort: 6379 }];
      await scene.sees("services/demo-more", { spec: { selector: { app: "demo" }, ports } });
      await scene.sees("endpoints/demo-web", { subsets: [{ ports: [{ port: 6379 }] }] });
      await scene.ok("delete rc/demo service/demo-web service/demo-more");
      await scene.seesCount("pods?labelSelector=app=demo", 0);
    },
  },
  {
    verb: "scale",
    async play(scene) {
      await scene.apply(deployment("scaled", { paused: true }), deployment("scaled-too"));
      const line = "scale deployment/scaled --replicas=3";
      await scene.prints(line, /deployment.apps\/scaled scaled/u);
      await scene.sees("deployments.apps/scaled", { spec: { replicas: 3 } });
      const wrong = "scale deployment/scaled --replicas=1 --current-replicas=2";
      await scene.fails(wrong, /Expected replicas to be 2, was 3/u);
      await scene.ok("scale deployment/scaled --replicas=0 --current-replicas=3");
      await scene.sees("deployments.apps/scaled", { spec: { replicas: 0 } });
      await scene.ok("scale deployment scaled scaled-too --replicas=0");
      await scene.ok("delete deployment scaled scaled-too");
    },
  },
];

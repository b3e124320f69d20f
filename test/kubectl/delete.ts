/** Verbs that delete objects, and the ones that wait for them: delete, wait. */
import assert from "node:assert/strict";
import type { Case } from "./case.ts";
import { configMap, deployment, pod } from "./objects.ts";
import { at, manifest } from "./scene.ts";

export const deleteCases: readonly Case[] = [
  {
    verb: "delete -f, -l, --all, --ignore-not-found",
    async play(scene) {
      const labels = { set: "deleted" };
      const maps = ["del-one", "del-two", "del-three"].map((name) =>
        configMap(name, {}, { labels }),
      );
      await scene.apply(...maps);
      const input = manifest(...maps.slice(0, 1));
      await scene.prints("delete -f -", /configmap "del-one" deleted/u, { input });
      await scene.seesNo("configmaps/del-one");
      await scene.ok("delete configmaps -l set=deleted");
      await scene.seesCount("configmaps?labelSelector=set=deleted", 0);
      await scene.fails("delete configmap del-one", /\(NotFound\)/u);
      await scene.ok("delete configmap del-one --ignore-not-found");
      await scene.apply({ ...configMap("", {}), kind: "Secret", metadata: { name: "del-all" } });
      await scene.ok("delete secrets --all");
      await scene.seesNo("secrets/del-all");
    },
  },
  {
    verb: "delete --cascade=background",
    async play(scene) {
      await scene.apply(deployment("background"));
      await scene.seesCount("replicasets.apps?labelSelector=app=background", 1);
      await scene.ok("delete deployment background");
      await scene.seesNo("deployments.apps/background");
      await scene.seesCount("replicasets.apps?labelSelector=app=background", 0);
    },
  },
  {
    verb: "delete --cascade=foreground",
    async play(scene) {
      await scene.apply(deployment("foreground"));
      await scene.seesCount("replicasets.apps?labelSelector=app=foreground", 1);
      await scene.ok("delete deployment foreground --cascade=foreground --timeout=30s");
      // The owner goes last, so who has waited for it finds nothing of what it owned.
      await scene.prints("get replicasets -l app=foreground -o name", /^$/u);
      await scene.seesNo("deployments.apps/foreground");
      await scene.seesCount("replicasets.apps?labelSelector=app=foreground", 0);
    },
  },
  {
    verb: "delete --cascade=orphan",
    async play(scene) {
      await scene.apply(deployment("orphans"));
      await scene.seesCount("replicasets.apps?labelSelector=app=orphans", 1);
      await scene.ok("delete deployment orphans --cascade=orphan");
      await scene.seesNo("deployments.apps/orphans");
      const [left] = await scene.seesCount("replicasets.apps?labelSelector=app=orphans", 1);
      assert.equal(at(left, "metadata", "ownerReferences"), undefined);
      await scene.ok("delete replicasets -l app=orphans");
    },
  },
  {
    verb: "delete namespace",
    async play(scene) {
      const name = scene.unique("doomed");
      await scene.ok(`create namespace ${name}`);
      await scene.ok(`create configmap inside -n ${name}`);
      await scene.ok(`delete namespace ${name} --timeout=45s`);
      await scene.sees(`namespaces/${name}`, { code: 404 });
      await scene.fails(`get configmap inside -n ${name}`, /NotFound/u);
    },
  },
  {
    verb: "wait --for=create",
    since: {
      minor: 31,
      asked: "wait --for=create cm/a",
      refused: /unrecognized condition: "create"/u,
    },
    async play(scene) {
      const going = scene.start("wait --for=create configmap/awaited --timeout=30s");
      await scene.ok("create configmap awaited");
      await going.prints(/configmap\/awaited condition met/u);
      assert.equal(await going.ends(), 0);
      await scene.sees("configmaps/awaited", { kind: "ConfigMap" });
    },
  },
  {
    verb: "wait --for=condition",
    async play(scene) {
      await scene.apply(deployment("conditioned"));
      const line = "wait deployment/conditioned --timeout";
      const met = /conditioned condition met/u;
      await scene.prints(`${line}=30s --for=condition=Available`, met);
      const never = `${line}=1s --for=condition=Never`;
      await scene.fails(never, /timed out waiting for the condition/u);
      await scene.sees("deployments.apps/conditioned", {
        status: { conditions: [{ type: "Available", status: "True" }] },
      });
    },
  },
  {
    verb: "wait --for=jsonpath",
    since: {
      minor: 23,
      asked: "wait --for=jsonpath={.a}=b cm/a",
      refused: /unrecognized condition: "jsonpath=\S+"/u,
    },
    async play(scene) {
      await scene.apply(deployment("conditioned"));
      const line = "wait deployment/conditioned --timeout=30s --for";
      const going = scene.start(`${line}=jsonpath={.spec.paused}=true`);
      await scene.ok("rollout pause deployment/conditioned");
      await going.prints(/conditioned condition met/u);
      assert.equal(await going.ends(), 0);
      await scene.sees("deployments.apps/conditioned", { spec: { paused: true } });
    },
  },
  {
    verb: "wait --for=delete",
    async play(scene) {
      await scene.apply(configMap("leaving", {}));
      const going = scene.start("wait --for=delete configmap/leaving --timeout=30s -v=6");
      // It goes when it is waited for: what is gone already is an error for older ones.
      await going.prints(/watch=true.*200 OK/u);
      await scene.ok("delete configmap leaving");
      assert.equal(await going.ends(), 0, going.output);
      await scene.seesNo("configmaps/leaving");
    },
  },
  {
    verb: "delete pod --grace-period, --force, --now",
    async play(scene) {
      await scene.apply(pod("brief"), pod("briefer"), pod("briefest"));
      await scene.ok("delete pod brief --grace-period=1 --wait=false");
      await scene.ok("delete pod briefer --now");
      await scene.ok("delete pod briefest --force --grace-period=0");
      for (const name of ["brief", "briefer", "briefest"]) await scene.seesNo(`pods/${name}`);
    },
  },
];

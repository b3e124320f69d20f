/** Server-side apply as people and their tools do it, and what kubectl does to move to it. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Case } from "./case.ts";
import { configMap, deployment } from "./objects.ts";
import { at, manifest, read, type Scene, textAt } from "./scene.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const side = "apply --server-side -f -";

/** Who owns fields of an object on the other machine: names of managers, and how they write. */
async function managers(scene: Scene, name: string): Promise<readonly string[]> {
  const entries = at(await scene.sees(name, { kind: /./u }), "metadata", "managedFields");
  return (Array.isArray(entries) ? entries : []).map((entry: JsonObject) =>
    ["manager", "operation", "subresource"]
      .map((member) => at(entry, member))
      .filter((part) => typeof part === "string")
      .join(" "),
  );
}

/** A Deployment as somebody applies it; without `replicas`, that is left to who scales. */
function web(name: string, tag: number, replicas?: number): { readonly input: string } {
  const image = { image: `localhost/none:${tag}` };
  const made = deployment(name, replicas === undefined ? {} : { replicas }, image);
  const { replicas: _none, ...spec } = Object(made["spec"]);
  return { input: manifest(replicas === undefined ? { ...made, spec } : made) };
}

export const serverSideCases: readonly Case[] = [
  {
    verb: "apply --server-side (shares, conflicts, force)",
    async play(scene) {
      const as = (name: string): string => `${side} --field-manager=${name}`;
      const map = (data: JsonObject): { input: string } => ({
        input: manifest(configMap("shared", data)),
      });
      await scene.prints(as("ann"), /configmap\/shared serverside-applied/u, map({ a: "1" }));
      await scene.ok(as("bob"), map({ b: "1" }));
      const conflict = /Apply failed with 1 conflict: conflict with "ann"[^\n]*: \.data\.a/u;
      const wanted = map({ a: "2", b: "1" });
      await scene.fails(as("bob"), conflict, wanted);
      await scene.ok(`${as("bob")} --dry-run=server`, map({}));
      await scene.sees("configmaps/shared", { data: { a: "1", b: "1" } });
      await scene.ok(`${as("bob")} --force-conflicts`, wanted);
      await scene.sees("configmaps/shared", { data: { a: "2", b: "1" } });
      await scene.ok(as("bob"), map({ b: "1" }));
      await scene.sees("configmaps/shared", { data: { a: undefined, b: "1" } });
      assert.deepEqual(await managers(scene, "configmaps/shared"), ["bob Apply"]);
      const unknown = { input: manifest({ ...configMap("shared", {}), dater: {} }) };
      await scene.fails(as("bob"), /dater/u, unknown);
    },
  },
  {
    verb: "apply --server-side (beside scale, label, set image)",
    async play(scene) {
      await scene.ok(side, web("beside", 1, 2));
      await scene.ok("label deployment beside team=blue");
      await scene.ok("scale deployment beside --replicas=0");
      const name = "deployments.apps/beside";
      await scene.sees(name, { spec: { replicas: 0 }, metadata: { labels: { team: "blue" } } });
      const owners = await managers(scene, name);
      assert(owners.includes("kubectl Apply"), owners.join());
      assert(
        owners.some((each) => /^kubectl\S* Update scale$/u.test(each)),
        owners.join(),
      );
      const scaled = /with subresource "scale" using apps\/v1: \.spec\.replicas/u;
      await scene.fails(side, scaled, web("beside", 1, 2));
      await scene.ok(side, web("beside", 2));
      await scene.sees(name, { spec: { replicas: 0 }, metadata: { labels: { team: "blue" } } });
      await scene.ok("set image deployment/beside main=localhost/none:3");
      const set = /\.spec\.template\.spec\.containers\[name="main"\]\.image/u;
      await scene.fails(side, set, web("beside", 2));
      await scene.ok("delete deployment beside");
    },
  },
  {
    verb: "apply --server-side (from client side, and back)",
    async play(scene) {
      const name = "configmaps/moved";
      await scene.apply(configMap("moved", { a: "1", b: "1" }));
      await scene.sees(name, { data: { b: "1" } });
      assert.deepEqual(await managers(scene, name), ["kubectl-client-side-apply Update"]);
      await scene.ok(side, { input: manifest(configMap("moved", { a: "2" })) });
      if (scene.client.minor < 26) {
        // Older ones take what they apply without a conflict, and leave the rest where it is.
        await scene.sees(name, { data: { a: "2", b: "1" } });
        const owners = await managers(scene, name);
        assert.deepEqual(owners, ["kubectl Apply", "kubectl-client-side-apply Update"]);
        return;
      }
      // What client-side apply owned is the new manager's, and what it does not apply goes.
      const moved = await scene.sees(name, { data: { a: "2", b: undefined } });
      const owners = await managers(scene, name);
      assert(owners.includes("kubectl Apply"), owners.join());
      assert(!owners.includes("kubectl-client-side-apply Update"), owners.join());
      const text = textAt(moved, "metadata", "annotations", lastApplied);
      assert.deepEqual(at(read(text), "data"), { a: "2" });
      await scene.apply(configMap("moved", { a: "3" }));
      await scene.sees(name, { data: { a: "3" } });
    },
  },
  {
    verb: "apply --server-side (as Helm does)",
    async play(scene) {
      const helm = `${side} --field-manager=helm --force-conflicts`;
      const name = "deployments.apps/helmed";
      await scene.ok(helm, web("helmed", 1, 1));
      const patch = JSON.stringify({ spec: { replicas: 0, paused: true } });
      await scene.ok(`patch deployment helmed --type=merge -p ${patch}`);
      await scene.ok(helm, web("helmed", 2, 1));
      await scene.sees(name, { spec: { replicas: 1, paused: true } });
      await scene.ok("replace -f -", web("helmed", 1, 0));
      await scene.sees(name, { spec: { replicas: 0 } });
      const owners = await managers(scene, name);
      assert(owners.includes("kubectl-replace Update"), owners.join());
      await scene.ok("delete deployment helmed");
    },
  },
];

/** Verbs that write objects: apply, create, replace, patch, edit, label, set. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Case } from "./case.ts";
import type { Likeness } from "./likeness.ts";
import { budget, configMap, deployment } from "./objects.ts";
import { at, manifest, read, textAt } from "./scene.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

export const applyCases: readonly Case[] = [
  {
    verb: "apply (client side)",
    async play(scene) {
      const input = manifest(configMap("applied", { a: "1", b: "1" }));
      await scene.prints("apply -f -", /configmap\/applied created/u, { input });
      await scene.sees("configmaps/applied", {
        metadata: { annotations: { [lastApplied]: /"a":"1"/u } },
        data: { a: "1", b: "1" },
      });
      await scene.prints("apply -f -", /configmap\/applied unchanged/u, { input });
      const changed = manifest(configMap("applied", { a: "2" }));
      await scene.prints("apply -f -", /configmap\/applied configured/u, { input: changed });
      await scene.sees("configmaps/applied", { data: { a: "2", b: undefined } });
    },
  },
  {
    verb: "apply --dry-run",
    conformance: ["server-side dry-run"],
    async play(scene) {
      const input = manifest(configMap("dry", { a: "1" }));
      await scene.prints("apply -f - --dry-run=client", /created \(dry run\)/u, { input });
      await scene.prints("apply -f - --dry-run=server", /created \(server dry run\)/u, { input });
      await scene.seesNo("configmaps/dry");
      const wrong = manifest({ ...configMap("dry", {}), data: { a: 1 } });
      const invalid = /invalid|unmarshal|ValidationError/iu;
      await scene.fails("apply -f - --dry-run=server", invalid, { input: wrong });
    },
  },
  {
    verb: "apply --prune",
    async play(scene) {
      const labels = { set: "pruned" };
      const [one, two] = ["one", "two"].map((name) => configMap(name, {}, { labels }));
      assert(one && two);
      await scene.ok("apply -f -", { input: manifest(one, two) });
      await scene.sees("configmaps/two", { metadata: { labels } });
      const list = scene.client.minor < 26 ? "whitelist" : "allowlist";
      const prune = `apply --prune -l set=pruned --prune-${list}=core/v1/ConfigMap -f -`;
      await scene.prints(prune, /configmap\/two pruned/u, { input: manifest(one) });
      await scene.seesNo("configmaps/two");
      await scene.sees("configmaps/one", { kind: "ConfigMap" });
    },
  },
  {
    verb: "apply --prune --applyset",
    since: { minor: 27, asked: "apply --applyset=set", refused: /unknown flag: --applyset/u },
    async play(scene) {
      const env = { KUBECTL_APPLYSET: "true" };
      const prune = "apply --prune --applyset=set -f -";
      const [one, two] = ["set-one", "set-two"].map((name) => configMap(name, {}));
      assert(one && two);
      await scene.ok(prune, { env, input: manifest(one, two) });
      const [noun, what] =
        scene.client.minor < 29 ? ["resources", "configmaps"] : ["kinds", "ConfigMap"];
      const annotation = `applyset.kubernetes.io/contains-group-${noun}`;
      await scene.sees("secrets/set", { metadata: { annotations: { [annotation]: what } } });
      await scene.prints(prune, /configmap\/set-two pruned/u, { env, input: manifest(one) });
      await scene.seesNo("configmaps/set-two");
      await scene.sees("configmaps/set-one", {
        metadata: { labels: { "applyset.kubernetes.io/part-of": /^applyset-/u } },
      });
    },
  },
  {
    verb: "apply view-, set- and edit-last-applied",
    async play(scene) {
      await scene.apply(configMap("recorded", { a: "1" }));
      await scene.prints("apply view-last-applied configmap/recorded", /a: "1"/u);
      const path = scene.file("recorded.json", manifest(configMap("recorded", { a: "second" })));
      await scene.prints(`apply set-last-applied -f ${path}`, /recorded configured/u);
      await scene.sees("configmaps/recorded", {
        metadata: { annotations: { [lastApplied]: /"a":"second"/u } },
        data: { a: "1" },
      });
      const env = { KUBE_EDITOR: "sed -i s/second/third/" };
      await scene.ok("apply edit-last-applied configmap/recorded", { env });
      await scene.sees("configmaps/recorded", {
        metadata: { annotations: { [lastApplied]: /"a":"third"/u } },
      });
    },
  },
  {
    verb: "apply -k, kustomize",
    async play(scene) {
      scene.file("kustomized/map.json", manifest(configMap("kustomized", { a: "1" })));
      const folder = join(
        scene.file(
          "kustomized/kustomization.yaml",
          "resources: [map.json]\nnameSuffix: -made\ncommonAnnotations: {made: here}\n",
        ),
        "..",
      );
      await scene.prints(`kustomize ${folder}`, /name: kustomized-made/u);
      await scene.ok(`apply -k ${folder}`);
      await scene.sees("configmaps/kustomized-made", {
        metadata: { annotations: { made: "here" } },
        data: { a: "1" },
      });
      await scene.ok(`delete -k ${folder}`);
      await scene.seesNo("configmaps/kustomized-made");
    },
  },
  {
    verb: "diff",
    conformance: ["diff"],
    async play(scene) {
      await scene.apply(configMap("differs", { a: "1" }));
      const same = { input: manifest(configMap("differs", { a: "1" })) };
      await scene.ok("diff -f -", same);
      const other = { input: manifest(configMap("differs", { a: "2" })) };
      await scene.fails("diff -f -", /^-\s+a: "1"\n\+\s+a: "2"$/mu, other);
      await scene.fails("diff --server-side --force-conflicts -f -", /^\+\s+a: "2"$/mu, other);
      await scene.sees("configmaps/differs", { data: { a: "1" } });
    },
  },
];

const noSubresource = /unknown flag: --subresource/u;
const condition = { type: "Told", status: "True", reason: "Before", message: "" };

export const writeCases: readonly Case[] = [
  {
    verb: "create -f",
    async play(scene) {
      const input = manifest(configMap("created", { a: "1" }));
      await scene.prints("create -f -", /configmap\/created created/u, { input });
      await scene.sees("configmaps/created", { data: { a: "1" } });
      await scene.fails("create -f -", /\(AlreadyExists\).*"created" already exists/u, { input });
      const generated = { ...configMap("", {}), metadata: { generateName: "created-" } };
      const name = await scene.ok("create -f - -o name", { input: manifest(generated) });
      assert.match(name, /^configmap\/created-[a-z0-9]{5}\n$/u);
      await scene.sees(`configmaps/${name.trim().slice("configmap/".length)}`, { data: {} });
    },
  },
  {
    verb: "create --edit",
    async play(scene) {
      const env = { KUBE_EDITOR: "sed -i s/before/after/" };
      const path = scene.file(
        "edited.json",
        manifest(configMap("created-edited", { a: "before" })),
      );
      await scene.ok(`create --edit -f ${path}`, { env });
      await scene.sees("configmaps/created-edited", { data: { a: "after" } });
    },
  },
  {
    verb: "create --raw, delete --raw",
    async play(scene) {
      const path = scene.pathOf("configmaps");
      const file = scene.file("raw.json", manifest(configMap("raw", { a: "1" })));
      await scene.ok(`create --raw ${path} -f ${file}`);
      await scene.sees("configmaps/raw", { data: { a: "1" } });
      const body = await scene.ok(`delete --raw ${path}/raw`);
      assert.equal(at(read(body), "status"), "Success");
      await scene.seesNo("configmaps/raw");
    },
  },
  {
    verb: "replace, replace --force",
    conformance: ["replace"],
    async play(scene) {
      await scene.apply(configMap("replaced", { a: "1" }));
      const { metadata } = await scene.sees("configmaps/replaced", { data: { a: "1" } });
      const second = { input: manifest(configMap("replaced", { b: "2" })) };
      await scene.prints("replace -f -", /configmap\/replaced replaced/u, second);
      const uid = textAt(metadata, "uid");
      await scene.sees("configmaps/replaced", {
        metadata: { uid },
        data: { a: undefined, b: "2" },
      });
      const third = { input: manifest(configMap("replaced", { c: "3" })) };
      await scene.ok("replace --force -f -", third);
      const after = await scene.sees("configmaps/replaced", { data: { b: undefined, c: "3" } });
      assert.notEqual(at(after, "metadata", "uid"), uid);
      const missing = { input: manifest(configMap("never", {})) };
      await scene.fails("replace -f -", /\(NotFound\).*"never" not found/u, missing);
    },
  },
  {
    verb: "edit",
    async play(scene) {
      await scene.apply(deployment("edited"));
      const env = { KUBE_EDITOR: "sed -i s/replicas:.0/paused:\\ true/" };
      await scene.prints("edit deployment edited", /deployment.apps\/edited edited/u, { env });
      await scene.sees("deployments.apps/edited", { spec: { paused: true } });
      const nothing = { KUBE_EDITOR: "true" };
      const cancelled = await scene.run("edit deployment edited", { env: nothing });
      assert.match(cancelled.stderr + cancelled.stdout, /Edit cancelled, no changes made/u);
    },
  },
  {
    verb: "edit --subresource=status",
    since: { minor: 24, asked: "edit --subresource=status", refused: noSubresource },
    async play(scene) {
      const name = "status-edited";
      await scene.apply(budget(name));
      await scene.sees("poddisruptionbudgets.policy/status-edited", { kind: /^PodDis/u });
      const env = { KUBE_EDITOR: "true" };
      const unchanged = await scene.run(`edit pdb ${name} --subresource=status`, { env });
      assert.match(unchanged.stdout + unchanged.stderr, /no changes made/u);
      // Something that no controller writes back at once.
      const status = { conditions: [{ ...condition, lastTransitionTime: new Date(0).toJSON() }] };
      const patch = JSON.stringify({ status });
      await scene.ok(`patch pdb ${name} --subresource=status --type=merge -p ${patch}`);
      const flip = { KUBE_EDITOR: "sed -i s/Before/After/" };
      await scene.ok(`edit pdb ${name} --subresource=status`, { env: flip });
      await scene.sees(`poddisruptionbudgets.policy/${name}`, {
        status: { conditions: [{ type: "Told", reason: "After" }] },
      });
    },
  },
  {
    verb: "patch --type=strategic",
    conformance: ["patch"],
    async play(scene) {
      await scene.apply(deployment("strategic"));
      const containers = [{ name: "second", image: "localhost/second:1" }];
      const patch = JSON.stringify({ spec: { template: { spec: { containers } } } });
      await scene.prints(`patch deployment strategic -p ${patch}`, /strategic patched/u);
      const names = [{ name: "second" }, { name: "main" }];
      await scene.sees("deployments.apps/strategic", {
        spec: { template: { spec: { containers: names } } },
      });
      // Nobody else writes to this one, so that a patch which changes nothing can be told.
      const account = `patch serviceaccount default -p ${JSON.stringify({ secrets: [{ name: "a" }] })}`;
      await scene.prints(account, /default patched$/mu);
      await scene.prints(account, /default patched \(no change\)/u);
    },
  },
  {
    verb: "patch --type=merge",
    async play(scene) {
      await scene.apply(configMap("merged", { a: "1", b: "1" }));
      const patch = JSON.stringify({ data: { a: null, c: "3" } });
      await scene.ok(`patch configmap merged --type=merge -p ${patch}`);
      await scene.sees("configmaps/merged", { data: { a: undefined, b: "1", c: "3" } });
    },
  },
  {
    verb: "patch --type=json",
    async play(scene) {
      await scene.apply(configMap("pointed", { a: "1" }));
      const test = { op: "test", path: "/data/a", value: "1" };
      const patch = JSON.stringify([test, { op: "replace", path: "/data/a", value: "2" }]);
      await scene.ok(`patch configmap pointed --type=json -p ${patch}`);
      await scene.sees("configmaps/pointed", { data: { a: "2" } });
      await scene.fails(`patch configmap pointed --type=json -p ${patch}`, /test failed|testing/iu);
    },
  },
  {
    verb: "patch --subresource",
    since: { minor: 24, asked: "patch --subresource=scale", refused: noSubresource },
    async play(scene) {
      await scene.apply(deployment("subpatched", { paused: true }));
      const patch = JSON.stringify({ spec: { replicas: 3 } });
      const flags = "--subresource=scale --type=merge";
      await scene.ok(`patch deployment subpatched ${flags} -p ${patch}`);
      await scene.sees("deployments.apps/subpatched", { spec: { replicas: 3 } });
    },
  },
  {
    verb: "label",
    conformance: ["label"],
    async play(scene) {
      await scene.apply(configMap("labelled", {}));
      await scene.prints("label configmap labelled a=1 b=1", /labelled labeled/u);
      await scene.sees("configmaps/labelled", { metadata: { labels: { a: "1", b: "1" } } });
      await scene.fails("label configmap labelled a=2", /already has a value/u);
      await scene.ok("label configmap labelled a=2 b- --overwrite");
      const labels = { a: "2", b: undefined };
      await scene.sees("configmaps/labelled", { metadata: { labels } });
      await scene.prints("label configmap labelled --list", /^a=2$/mu);
      await scene.prints("get configmaps -l a=2 -o name", /^configmap\/labelled$/mu);
    },
  },
  {
    verb: "annotate",
    async play(scene) {
      await scene.apply(configMap("annotated", {}));
      await scene.ok("annotate configmap annotated note=1");
      await scene.sees("configmaps/annotated", { metadata: { annotations: { note: "1" } } });
      await scene.ok("annotate configmap annotated note-");
      const annotations = { note: undefined };
      await scene.sees("configmaps/annotated", { metadata: { annotations } });
    },
  },
];

const templateOf = (container: Likeness): Likeness => ({
  spec: { template: { spec: { containers: [container] } } },
});

export const setCases: readonly Case[] = [
  {
    verb: "set image",
    async play(scene) {
      await scene.apply(deployment("imaged"));
      const line = "set image deployment/imaged main=localhost/other:2";
      await scene.prints(line, /deployment.apps\/imaged image updated/u);
      await scene.sees("deployments.apps/imaged", templateOf({ image: "localhost/other:2" }));
    },
  },
  {
    verb: "set env",
    async play(scene) {
      await scene.apply(deployment("surrounded"), configMap("surroundings", { KEY: "1" }));
      await scene.ok("set env deployment/surrounded STEP=2");
      const env = [{ name: "STEP", value: "2" }];
      await scene.sees("deployments.apps/surrounded", templateOf({ env }));
      await scene.ok("set env deployment/surrounded STEP- --from=configmap/surroundings");
      const from = { configMapKeyRef: { name: "surroundings", key: "KEY" } };
      await scene.sees(
        "deployments.apps/surrounded",
        templateOf({ env: [{ name: "KEY", valueFrom: from }] }),
      );
      const listed = "set env deployment/surrounded --list --resolve";
      await scene.prints(listed, /^KEY=1$/mu);
    },
  },
  {
    verb: "set resources",
    async play(scene) {
      await scene.apply(deployment("measured"));
      const line = "set resources deployment/measured --limits=cpu=200m,memory=64Mi";
      await scene.ok(`${line} --requests=cpu=100m`);
      const resources = { limits: { cpu: "200m", memory: "64Mi" }, requests: { cpu: "100m" } };
      await scene.sees("deployments.apps/measured", templateOf({ resources }));
    },
  },
  {
    verb: "set selector",
    async play(scene) {
      await scene.ok("create service clusterip selected --tcp=80");
      await scene.prints("set selector service selected app=web", /selected selector updated/u);
      await scene.sees("services/selected", { spec: { selector: { app: "web" } } });
    },
  },
  {
    verb: "set serviceaccount",
    async play(scene) {
      await scene.apply(deployment("accounted"));
      await scene.ok("set serviceaccount deployment accounted robot");
      await scene.sees("deployments.apps/accounted", {
        spec: { template: { spec: { serviceAccountName: "robot" } } },
      });
    },
  },
  {
    verb: "set subject",
    async play(scene) {
      await scene.ok("create rolebinding bound --clusterrole=view --user=ann");
      await scene.ok("set subject rolebinding bound --user=bob --serviceaccount=default:robot");
      await scene.sees("rolebindings.rbac.authorization.k8s.io/bound", {
        subjects: [{ name: "ann" }, { name: "bob" }, { kind: "ServiceAccount", name: "robot" }],
      });
    },
  },
];

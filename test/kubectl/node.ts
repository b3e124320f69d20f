/** Verbs about machines: cordon, drain, taint, debug. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Case } from "./case.ts";
import { budget, deployment } from "./objects.ts";
import { at, image, type Scene, textAt } from "./scene.ts";

/** The machine that is taken out of use: the last one, for kubectl asks another. */
function chosen({ machines }: Scene): string {
  return machines.at(-1) ?? "";
}

export const nodeCases: readonly Case[] = [
  {
    verb: "cordon, uncordon",
    lock: "nodes",
    async play(scene) {
      const node = chosen(scene);
      await scene.prints(`cordon ${node}`, new RegExp(`^node/${node} cordoned\n$`, "u"));
      await scene.sees(`nodes/${node}`, { spec: { unschedulable: true } });
      await scene.prints(`get node ${node}`, /Ready,SchedulingDisabled/u);
      await scene.prints(`cordon ${node}`, /already cordoned/u);
      await scene.prints(`uncordon ${node}`, /uncordoned/u);
      await scene.sees(`nodes/${node}`, { spec: { unschedulable: undefined } });
    },
  },
  {
    verb: "drain",
    lock: "nodes",
    async play(scene) {
      const node = chosen(scene);
      // Bound to the machine, so that there is something to evict, and nowhere else to go.
      const nodeSelector = { "kubernetes.io/hostname": node };
      const { spec } = deployment("drained");
      const template = Object(at(spec, "template"));
      const bound = { ...template, spec: { ...template.spec, nodeSelector } };
      await scene.apply(deployment("drained", { replicas: 1, template: bound }));
      const [before] = await scene.seesCount("pods?labelSelector=app=drained", 1);
      await scene.sees(`pods/${textAt(before, "metadata", "name")}`, {
        spec: { nodeName: node },
        status: { phase: "Running" },
      });
      const own = `--pod-selector=app=drained --namespace=${scene.namespace}`;
      const dry = `drain ${node} ${own} --ignore-daemonsets --dry-run=server`;
      await scene.prints(dry, /\(server dry run\)/u);
      await scene.sees(`nodes/${node}`, { spec: { unschedulable: undefined } });
      // What a budget protects is not evicted, and kubectl asks again until its time is over.
      const { spec: limit, ...named } = budget("drained");
      const selector = { matchLabels: { app: "drained" } };
      await scene.apply({ ...named, spec: { ...Object(limit), selector } });
      await scene.sees("poddisruptionbudgets.policy/drained", { spec: { minAvailable: 1 } });
      const protectedBy = /Cannot evict pod as it would violate the pod's disruption budget/u;
      await scene.fails(`drain ${node} ${own} --ignore-daemonsets --timeout=2s`, protectedBy);
      await scene.ok("delete pdb drained");
      await scene.seesNo("poddisruptionbudgets.policy/drained");
      const text = await scene.ok(`drain ${node} ${own} --ignore-daemonsets --timeout=45s`);
      assert.match(text, /^evicting pod \S+|^pod\/drained-\S+ evicted$/mu);
      const done = scene.client.minor < 22 ? "evicted" : "drained";
      assert.match(text, new RegExp(`^node/${node} ${done}$`, "mu"));
      await scene.sees(`nodes/${node}`, { spec: { unschedulable: true } });
      const [after] = await scene.seesCount("pods?labelSelector=app=drained", 1);
      assert.notEqual(at(after, "metadata", "uid"), at(before, "metadata", "uid"));
      await scene.ok(`uncordon ${node}`);
      await scene.sees(`nodes/${node}`, { spec: { unschedulable: undefined } });
      await scene.ok("delete deployment drained");
    },
  },
  {
    verb: "taint",
    async play(scene) {
      const node = chosen(scene);
      const key = scene.unique("beemesh.io/test");
      const effect = "PreferNoSchedule";
      await scene.prints(`taint node ${node} ${key}=1:${effect}`, /tainted/u);
      const tainted = await scene.until(`nodes/${node}`, (seen) => hasTaint(seen, key));
      assert.equal(at(tainted, "kind"), "Node");
      await scene.fails(`taint node ${node} ${key}=2:${effect}`, /already has/u);
      await scene.ok(`taint node ${node} ${key}=2:${effect} --overwrite`);
      await scene.prints(`taint node ${node} ${key}:${effect}-`, /untainted/u);
      await scene.until(`nodes/${node}`, (seen) => !hasTaint(seen, key));
    },
  },
  {
    verb: "debug node/name",
    needsContainers: true,
    async play(scene) {
      const node = chosen(scene);
      // What was printed before kubectl has come is only in the log, so that the script waits.
      // The machine's files are below /host, and its processes are seen: the first is its own.
      const script =
        "read go; test -d /host/proc/1 && tr '\\0' ' ' </proc/1/cmdline; echo; hostname";
      const line = `debug node/${node} --image=${image} --quiet -i -- sh -c`;
      const input = "go\n";
      const { stdout, stderr } = await scene.run([...line.split(" "), script], { input });
      const [init = ""] = readFileSync("/proc/1/cmdline", "utf8").split("\0");
      assert(stdout.includes(init) && init !== "", `${stdout}${stderr}`);
      // Nobody goes past a pod's sidecar: whoever asks for the machine's network is told so.
      assert.match(stderr, /spec\.hostNetwork is not supported/u);
      const names = await scene.ok("get pods -o name");
      const name = new RegExp(`node-debugger-${node}-\\w+`, "u").exec(names)?.[0] ?? "";
      await scene.sees(`pods/${name}`, {
        spec: { nodeName: node, hostPID: true },
        status: { phase: "Succeeded" },
      });
      await scene.ok(`delete pod ${name} --now`);
    },
  },
];

function hasTaint(node: Parameters<typeof at>[0], key: string): boolean {
  const taints = at(node, "spec", "taints");
  return Array.isArray(taints) && taints.some((taint) => at(taint, "key") === key);
}

/** Verbs that read: get in all its forms, describe, explain, events, what the server is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { callUnix } from "../../apps/dev/src/index.ts";
import type { Case } from "./case.ts";
import { budget, configMap, deployment } from "./objects.ts";
import { at, read, type Scene } from "./scene.ts";

/** An object to be read, and another of its kind. */
async function two(scene: Scene): Promise<void> {
  const labels = { set: "read" };
  const maps = [
    configMap("read-b", { a: "1" }, { labels }),
    configMap("read-a", { a: "2" }, { labels }),
  ];
  await scene.apply(...maps);
  await scene.seesCount("configmaps?labelSelector=set=read", 2);
}

const outputs: readonly (readonly [flags: string, pattern: RegExp, since?: number])[] = [
  ["", /^NAME +DATA +AGE\nread-b +1 +\S+\n$/u],
  ["--no-headers", /^read-b +1 +\S+\n$/u],
  ["--show-labels", /LABELS\nread-b .* set=read\n$/u],
  ["-L set", /SET\nread-b .* read\n$/u],
  ["-o wide", /^NAME +DATA +AGE\n/u],
  ["-o name", /^configmap\/read-b\n$/u],
  ["-o json", /"kind": "ConfigMap"/u],
  ["-o yaml", /^kind: ConfigMap$/mu],
  ["-o yaml --show-managed-fields", /managedFields:/u, 21],
  ["-o jsonpath={.data.a}", /^1$/u],
  ["-o jsonpath-as-json={.data.a}", /^\[\n +"1"\n\]\n$/u],
  ["-o go-template={{.data.a}}", /^1$/u],
  ["-o custom-columns=N:.metadata.name,A:.data.a", /^N +A\nread-b +1\n$/u],
  ["-o custom-columns=N:.metadata.name --no-headers", /^read-b\n$/u],
];

export const getCases: readonly Case[] = [
  {
    verb: "get -o (all forms)",
    async play(scene) {
      await two(scene);
      for (const [flags, pattern, since = 0] of outputs) {
        if (scene.client.minor < since) continue;
        await scene.prints(`get configmap read-b ${flags}`, pattern);
      }
      const template = scene.file("get.tmpl", "{{range .items}}{{.data.a}};{{end}}");
      await scene.prints(`get cm -l set=read -o go-template-file=${template}`, /^2;1;$/u);
      const path = scene.file("get.path", "{.items[*].data.a}");
      await scene.prints(`get cm -l set=read -o jsonpath-file=${path}`, /^2 1$/u);
      const columns = scene.file("get.columns", "N A\n.metadata.name .data.a\n");
      const line = `get cm read-b -o custom-columns-file=${columns}`;
      await scene.prints(line, /^N +A\nread-b +1\n$/u);
    },
  },
  {
    verb: "get -l, --field-selector, --sort-by, --chunk-size, -A",
    async play(scene) {
      await two(scene);
      await scene.prints("get cm -l set!=read,set=read", /^$/u);
      await scene.prints(
        "get cm --field-selector=metadata.name=read-a -o name",
        /^configmap\/read-a\n$/u,
      );
      await scene.prints("get cm -l set=read --sort-by=.data.a -o name", /read-b\n.*read-a\n$/u);
      await scene.prints("get cm -l set=read --chunk-size=1 -o name", /read-a\n.*read-b\n$/u);
      await scene.prints("get cm -A -l set=read", new RegExp(`^${scene.namespace} +read-a`, "mu"));
      await scene.prints("get cm,secrets -l set=read -o name", /^configmap\/read-a\n/u);
      await scene.prints("get all -l set=read", /^$/u);
      const missing = /^Error from server \(NotFound\): configmaps "none" not found\n$/u;
      await scene.fails("get cm none", missing);
      await scene.ok("get cm none --ignore-not-found");
      await scene.fails("get bees", /the server doesn't have a resource type "bees"/u);
    },
  },
  {
    verb: "get -w, --watch-only, --output-watch-events",
    async play(scene) {
      await scene.apply(configMap("watched", { a: "1" }));
      const plain = scene.start("get configmap watched -w");
      const events = scene.start("get cm --watch-only --output-watch-events");
      await plain.prints(/^watched +1/mu);
      await scene.ok('patch configmap watched --type=merge -p {"data":{"b":"2"}}');
      await plain.prints(/^watched +2/mu);
      // What began later must not miss what came after, so that is waited for by repetition.
      for (let turn = 0; !/MODIFIED/u.test(events.output) && turn < 20; turn += 1) {
        await scene.ok(`annotate configmap watched turn=${turn} --overwrite`);
      }
      await events.prints(/^MODIFIED +watched/mu);
      await scene.ok("delete configmap watched");
      await events.prints(/^DELETED +watched/mu);
      await scene.seesNo("configmaps/watched");
    },
  },
  {
    verb: "get --raw",
    async play(scene) {
      await two(scene);
      const text = await scene.ok(`get --raw ${scene.pathOf("configmaps/read-a")}`);
      assert.deepEqual(at(read(text), "data"), { a: "2" });
      await scene.prints("get --raw /readyz", /^ok$/u);
    },
  },
  {
    verb: "get --subresource",
    since: {
      minor: 24,
      asked: "get deployments --subresource=scale",
      refused: /unknown flag: --subresource/u,
    },
    async play(scene) {
      await scene.apply(deployment("subread"));
      await scene.prints("get deployment subread --subresource=scale", /^subread +0 +0/mu);
      const line = "get deployment subread --subresource=status -o jsonpath={.kind}";
      await scene.prints(line, /^Deployment$/u);
      await scene.sees("deployments.apps/subread", { spec: { replicas: 0 } });
    },
  },
];

export const describeCases: readonly Case[] = [
  {
    verb: "describe (objects)",
    async play(scene) {
      await two(scene);
      await scene.prints("describe configmap read-b", /^Data\n====\na:\n----\n1\n/mu);
      await scene.ok("create secret generic described --from-literal=p=bees");
      await scene.prints("describe secret described", /^p: +4 bytes$/mu);
      await scene.ok("create role described --verb=get --resource=pods");
      await scene.prints("describe role described", /^ +pods +\[\] +\[\] +\[get\]$/mu);
      await scene.ok("create service clusterip described --tcp=80:8080");
      const service = await scene.ok("describe service described");
      assert.match(service, /^Selector: +app=described$/mu);
      assert.match(service, /^Port: +80-8080 +80\/TCP$/mu);
      assert.match(service, /^Endpoints:/mu);
      await scene.prints("describe serviceaccount default", /^Name: +default$/mu);
      await scene.prints(`describe namespace ${scene.namespace}`, /^Status: +Active$/mu);
      await scene.ok("create ingress described --rule=d.example/*=described:80");
      await scene.prints("describe ingress described", /described:80/u);
      await scene.apply(budget("described"));
      await scene.prints("describe pdb described", /^Min available: +1$/mu);
      await scene.seesCount("configmaps?labelSelector=set=read", 2);
    },
  },
  {
    verb: "describe (workloads)",
    async play(scene) {
      await scene.apply(deployment("told"));
      const told = await scene.ok("describe deployment told");
      assert.match(told, /^Replicas: +0 desired \| 0 updated \| 0 total \| 0 available/mu);
      assert.match(told, /^StrategyType: +RollingUpdate$/mu);
      assert.match(told, /^ +Image: +localhost\/beemesh-hello:1$/mu);
      await scene.prints("describe deploy told --show-events=false", /^Selector: +app=told$/mu);
      await scene.prints(
        "describe replicasets -l app=told",
        /^Controlled By: +Deployment\/told$/mu,
      );
      await scene.seesCount("replicasets.apps?labelSelector=app=told", 1);
    },
  },
  {
    verb: "describe node",
    async play(scene) {
      const [name = ""] = scene.machines;
      const text = await scene.ok(`describe node ${name}`);
      for (const pattern of [
        /^Conditions:/mu,
        /^ +Ready +True +\w{3}, \d{2} \w{3} 20/mu,
        /^Capacity:\n +cpu: +\d+/mu,
        /^Allocated resources:/mu,
        /^Non-terminated Pods: +\(\d+ in total\)$/mu,
      ]) {
        assert.match(text, pattern);
      }
      await scene.sees(`nodes/${name}`, { status: { nodeInfo: { operatingSystem: "linux" } } });
    },
  },
];

export const serverCases: readonly Case[] = [
  {
    verb: "version, cluster-info, api-versions, api-resources",
    conformance: ["version", "cluster-info", "api-versions"],
    async play(scene) {
      const version = read(await scene.ok("version -o json"));
      assert.deepEqual(at(version, "serverVersion"), await scene.far("/version"));
      await scene.prints("cluster-info", /Kubernetes control plane.* is running at .*https:/u);
      const versions = await scene.ok("api-versions");
      for (const each of ["v1", "apps/v1", "batch/v1", "networking.k8s.io/v1"]) {
        assert(versions.split("\n").includes(each), versions);
      }
      const table = await scene.ok("api-resources");
      assert.match(table, /^deployments +deploy +apps\/v1 +true +Deployment$/mu);
      assert.match(table, /^nodes +no +v1 +false +Node$/mu);
      const names = (await scene.ok("api-resources -o name --verbs=list")).trim().split("\n");
      const { groups } = Object(await scene.far("/apis"));
      assert(Array.isArray(groups) && groups.length > 10);
      assert(names.includes("deployments.apps") && names.includes("pods"), names.join());
      const inGroup = await scene.ok("api-resources --api-group=batch --namespaced -o name");
      assert.deepEqual(inGroup.trim().split("\n").toSorted(), ["cronjobs.batch", "jobs.batch"]);
    },
  },
  {
    verb: "cluster-info dump",
    async play(scene) {
      await scene.apply(deployment("dumped"));
      const text = await scene.ok(`cluster-info dump --namespaces=${scene.namespace}`);
      assert.match(text, /"kind": "NodeList"/u);
      assert.match(text, /"name": "dumped"/u);
      await scene.sees("deployments.apps/dumped", { kind: "Deployment" });
    },
  },
  {
    verb: "explain",
    async play(scene) {
      const kind = await scene.ok("explain deployment");
      assert.match(kind, /^KIND: +Deployment$/mu);
      assert.match(kind, /^VERSION: +(?:apps\/)?v1$/mu);
      assert.match(kind, /^ +spec\s+<(?:DeploymentSpec|Object)>$/mu);
      const field = await scene.ok("explain deployment.spec.template.spec.containers.ports");
      assert.match(field, /^ +containerPort\s+<integer> -required-$/mu);
      await scene.prints(
        "explain pods --recursive",
        /^ +terminationGracePeriodSeconds\s+<integer>$/mu,
      );
      if (scene.client.minor > 26) {
        const second = "explain deployment.spec.replicas --output=plaintext-openapiv2";
        await scene.prints(second, /^FIELD: +replicas <integer>$/mu);
      }
      await scene.fails("explain deployment.spec.bees", /field "bees" does not exist/u);
      const served = await scene.far("/openapi/v3");
      assert(at(served, "paths", "apis/apps/v1") !== undefined);
    },
  },
  {
    verb: "events, --for, --types, --watch",
    since: {
      minor: 26,
      asked: "events",
      // What it does not know it takes for a plug-in.
      refused: /unknown command "events"|flags cannot be placed before plugin name/u,
    },
    async play(scene) {
      const about = { kind: "ConfigMap", name: "eventful", namespace: scene.namespace };
      const event = (name: string, type: string, regarded = about): object => ({
        apiVersion: "v1",
        kind: "Event",
        metadata: { name },
        involvedObject: { apiVersion: "v1", ...regarded },
        type,
        reason: "Seen",
        message: `${name} was seen`,
        lastTimestamp: new Date().toISOString().replace(/\.\d+/u, ""),
      });
      const input = (...events: readonly object[]): { input: string } => ({
        input: JSON.stringify({ apiVersion: "v1", kind: "List", items: events }),
      });
      const going = scene.start("events --for=configmap/eventful --watch");
      const others = { ...about, name: "other" };
      await scene.ok("create -f -", input(event("e1", "Normal"), event("e2", "Warning", others)));
      await going.prints(/Normal +Seen +ConfigMap\/eventful +e1 was seen/u);
      await scene.sees("events/e2", { type: "Warning" });
      const own = await scene.ok("events --for=configmap/eventful");
      assert.match(own, /e1 was seen/u);
      assert.doesNotMatch(own, /e2 was seen/u);
      const warnings = await scene.ok("events --types=Warning");
      assert.match(warnings, /e2 was seen/u);
      assert.doesNotMatch(warnings, /e1 was seen/u);
      await scene.prints("get events --sort-by=.lastTimestamp", /Seen +configmap\/eventful/u);
      await scene.prints("get events.events.k8s.io", /Seen +configmap\/eventful/u);
    },
  },
  {
    verb: "proxy --port, --unix-socket",
    conformance: ["Proxy port 0", "Proxy unix-socket"],
    async play(scene) {
      await scene.apply(configMap("proxied", { a: "1" }));
      const going = scene.start("proxy --port=0");
      const [, port] = await going.prints(/Starting to serve on 127\.0\.0\.1:(\d+)/u);
      const path = scene.pathOf("configmaps/proxied");
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      assert.deepEqual(at(read(await answer.text()), "data"), { a: "1" });
      const socket = join(scene.folder, "proxy.sock");
      const other = scene.start(`proxy --unix-socket=${socket}`);
      await other.prints(/Starting to serve on \S*proxy\.sock/u);
      const { body } = await callUnix(socket, { method: "GET", path });
      assert.deepEqual(at(read(body), "data"), { a: "1" });
      await scene.sees("configmaps/proxied", { data: { a: "1" } });
    },
  },
  {
    verb: "top node, top pod",
    group: "metrics.k8s.io",
    async play(scene) {
      const [name = ""] = scene.machines;
      await scene.prints("top node", new RegExp(`^${name} +\\d+m +\\d+% +\\d+Mi`, "mu"));
      await scene.ok("top pod -A");
      const { items } = Object(await scene.far("/apis/metrics.k8s.io/v1beta1/nodes"));
      assert(Array.isArray(items) && items.length === scene.machines.length);
    },
  },
];

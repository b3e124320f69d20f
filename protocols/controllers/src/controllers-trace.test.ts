/**
 * Golden traces: what the machines of a village did in each story, line by line. Rewrite with
 * `node --test --test-update-snapshots`.
 */
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { Village } from "./village.ts";

function deployment(image: string, generation: number): KubeObject {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "D", generation },
    spec: {
      replicas: 2,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
    },
  };
}

function applied(): Village {
  const village = new Village({ machines: 3, latencyMsMax: 0 });
  village.apply(deployment("nginx:1", 1));
  village.pass(4000);
  return village;
}

const stories: Readonly<Record<string, () => Village>> = {
  "apply-to-ready": applied,
  "machine-lost": () => {
    const village = applied();
    village.crash(Number(village.running()[0]?.machine.slice(1)));
    village.pass(3000);
    return village;
  },
  "partition-heals": () => {
    const village = applied();
    village.cut(Number(village.running()[0]?.machine.slice(1)));
    village.pass(3000);
    village.heal();
    village.pass(3000);
    return village;
  },
  "job-with-a-failure": () => {
    const village = new Village({ machines: 3, latencyMsMax: 0 });
    const spec = { restartPolicy: "Never", containers: [{ name: "main", image: "perl:5" }] };
    const metadata = { name: "pi", namespace: "default", uid: "J", generation: 1 };
    const job = { apiVersion: "batch/v1", kind: "Job", metadata };
    village.apply({ ...job, spec: { completions: 2, parallelism: 2, template: { spec } } });
    village.pass(1000);
    village.finish(village.running()[0]?.pod.metadata.uid ?? "", "Failed");
    village.finish(village.running()[0]?.pod.metadata.uid ?? "", "Succeeded");
    village.pass(12_000);
    village.finish(village.running()[0]?.pod.metadata.uid ?? "", "Succeeded");
    village.pass(1000);
    return village;
  },
  "rolling-update": () => {
    const village = applied();
    village.apply(deployment("nginx:2", 2));
    village.pass(8000);
    return village;
  },
};

for (const [name, story] of Object.entries(stories)) {
  test(`trace: ${name}`, (t) => {
    const text = `${story().trace.join("\n")}\n`;
    t.assert.fileSnapshot(text, `${import.meta.dirname}/testdata/${name}.txt`, {
      serializers: [String],
    });
  });
}

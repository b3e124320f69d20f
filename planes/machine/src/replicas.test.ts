import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, Pod } from "@beemesh/model";
import { replicasOf } from "./replicas.ts";
import { podNamed } from "./shelf.test.ts";

function running(name: string, change: Partial<Pod["spec"]> = {}): Pod {
  const pod = podNamed(name, { nodeName: "m2", ...change });
  return { ...pod, status: { phase: "Running", podIP: "10.1.0.2" } };
}

const storeOf = (...items: KubeObject[]) => ({ list: () => ({ items, revision: "" }) });

describe("replicasOf", () => {
  test("names the other pods of the same controller that have come to run", () => {
    const self = running("self");
    const ported = running("ported", {
      serviceAccountName: "web",
      containers: [{ name: "web", image: "x", ports: [{ containerPort: 8080 }] }],
    });
    const stranger = running("stranger");
    const ending = running("ending");
    const store = storeOf(
      self,
      running("plain"),
      ported,
      podNamed("waiting"),
      { ...stranger, metadata: { ...stranger.metadata, ownerReferences: [] } },
      { ...ending, metadata: { ...ending.metadata, deletionTimestamp: "now" } },
    );
    const common = { machine: "m2", namespace: "shop", ip: "10.1.0.2" };
    assert.deepEqual(replicasOf(self, store), {
      workload: "shop/rs",
      replicas: [
        { uid: "uid-plain", serviceAccount: "default", port: 1, ...common },
        { uid: "uid-ported", serviceAccount: "web", port: 8080, ...common },
      ],
    });
  });

  test("tells each sidecar of some, if there are more than a channel carries", () => {
    const pods = Array.from({ length: 1100 }, (_, index) => running(`pod-${index}`));
    const [first, second] = pods;
    assert(first && second);
    const [ofFirst, ofSecond] = [first, second].map((pod) => replicasOf(pod, storeOf(...pods)));
    assert.equal(ofFirst?.replicas.length, 1024);
    assert.notDeepEqual(ofFirst, ofSecond);
  });
});

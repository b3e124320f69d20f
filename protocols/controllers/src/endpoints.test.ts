import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "@beemesh/model";
import { endpointObjects } from "./endpoints.ts";
import { podResource } from "./kinds.ts";
import type { Service } from "./service.ts";
import { viewOf } from "./sight.ts";

const service: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "default", uid: "S" },
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] },
};

function pod(name: string, ready: "True" | "False", more: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, labels: { app: "web" }, ...more },
    spec: { containers: [], nodeName: "ann", hostname: name, subdomain: "web" },
    status: { phase: "Running", podIP: "10.1.0.2", conditions: [{ type: "Ready", status: ready }] },
  };
}

function objects(of: Service, ...pods: readonly Pod[]) {
  const view = viewOf({ isAlive: (machine) => machine === "ann" });
  for (const each of pods) {
    view.store.putSpec(podResource, each);
    view.store.putStatus(podResource, each);
  }
  return endpointObjects(of, view);
}

describe("endpointObjects", () => {
  test("tell ready from unready, and what is ending", () => {
    const ending = pod("c", "True", { deletionTimestamp: "now" });
    const { endpoints, slices } = objects(service, pod("a", "True"), pod("b", "False"), ending);
    const told = JSON.stringify(slices[0]?.["endpoints"]);
    const conditions = [...told.matchAll(/"conditions":(\{[^}]*\})/gu)].map(([, text]) => text);
    assert.deepEqual(conditions, [
      '{"ready":true,"serving":true,"terminating":false}',
      '{"ready":false,"serving":false,"terminating":false}',
      '{"ready":false,"serving":true,"terminating":true}',
    ]);
    const [subset] = JSON.parse(JSON.stringify(endpoints["subsets"]));
    assert.deepEqual(Object.keys(subset), ["addresses", "notReadyAddresses", "ports"]);
    assert.equal(subset.addresses[0].hostname, "a");
    assert.equal(JSON.stringify(subset).includes('"name":"c"'), false);
  });

  test("publish what is not ready if the Service says so", () => {
    const open = { ...service, spec: { ...service.spec, publishNotReadyAddresses: true } };
    const { slices } = objects(open, pod("b", "False"));
    assert.match(JSON.stringify(slices), /"ready":true/u);
  });

  test("split into slices of a hundred, and leave one without pods", () => {
    const many = Array.from({ length: 201 }, (_, index) => pod(`p${index}`, "True"));
    assert.equal(objects(service, ...many).slices.length, 3);
    const { slices, endpoints } = objects(service);
    assert.equal(slices.length, 1);
    assert.deepEqual(endpoints["subsets"], []);
  });
});

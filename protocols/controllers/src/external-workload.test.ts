import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { standInOf } from "@beemesh/workload";
import { Controllers } from "./controllers.ts";
import { endpointObjects } from "./endpoints.ts";
import { externalEndpoints, externalWorkloads } from "./external-workload.ts";
import { interestedIn } from "./interest.ts";
import { endpointSliceResource, externalWorkloadResource, serviceResource } from "./kinds.ts";
import type { Service } from "./service.ts";
import { viewOf } from "./sight.ts";

const service: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "db", namespace: "default", uid: "S" },
  spec: { selector: { app: "db" }, ports: [{ name: "sql", port: 5432, targetPort: "pg" }] },
};

function program(name: string, ready: boolean, spec: object = {}): KubeObject {
  return {
    apiVersion: "beemesh.io/v1",
    kind: "ExternalWorkload",
    metadata: { name, namespace: "default", uid: `U-${name}`, labels: { app: "db" } },
    spec: { machine: "ann", ports: [{ name: "pg", port: 15_432 }], ...spec },
    status: { ready },
  };
}

function viewWith(...programs: readonly KubeObject[]) {
  const view = viewOf({ isAlive: (machine) => machine === "ann" });
  assert(externalWorkloadResource, "the API serves programs outside containers");
  for (const each of programs) {
    view.store.putSpec(externalWorkloadResource, each);
    view.store.putStatus(externalWorkloadResource, each);
  }
  return view;
}

describe("programs outside containers", () => {
  test("stand behind Services like pods, under an address that stands in for them", () => {
    const view = viewWith(program("primary", true), program("spare", false));
    const { slices, endpoints } = endpointObjects(service, view);
    const [slice] = slices;
    assert.deepEqual(slice?.["ports"], [{ name: "sql", port: 15_432, protocol: "TCP" }]);
    const [first, second] = Object(slice?.["endpoints"]);
    assert.deepEqual(first, {
      addresses: [standInOf("program", "U-primary")],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: "primary",
      nodeName: "ann",
      targetRef: {
        kind: "ExternalWorkload",
        name: "primary",
        namespace: "default",
        uid: "U-primary",
      },
    });
    assert.equal(second.conditions.ready, false);
    assert.match(JSON.stringify(endpoints["subsets"]), /"notReadyAddresses":\[\{[^\]]*"spare"/u);
  });

  test("on a machine that is held dead are left out, and so is what cannot be read", () => {
    const view = viewWith(
      program("gone", true, { machine: "bob" }),
      program("odd", true, { ports: "all" }),
      program("nowhere", true, { machine: 1 }),
    );
    assert.deepEqual(externalEndpoints(service, view), []);
    assert.equal(externalWorkloads(view.store).length, 1);
  });

  test("serve a port by its number, its name, or not at all", () => {
    const portsOf = (targetPort: number | string) => {
      const ports = [{ port: 5432, targetPort }];
      const [endpoint] = externalEndpoints(
        { ...service, spec: { ...service.spec, ports } },
        viewWith(program("db", true)),
      );
      return endpoint?.ports.map(({ port }) => port);
    };
    assert.deepEqual([portsOf("pg"), portsOf(15_432), portsOf(80)], [[15_432], [15_432], []]);
  });

  test("concern the Services that select them, before and after a change", () => {
    const { store, census } = viewWith();
    store.putSpec(serviceResource, service);
    assert(externalWorkloadResource);
    const object = program("db", true);
    const other = { ...object, metadata: { ...object.metadata, labels: {} } };
    const change = { kind: "modified", resource: externalWorkloadResource, revision: "" } as const;
    const keys = interestedIn({ ...change, object: other, before: object }, store, census);
    assert(keys.has("services/default/db"));
    assert(!interestedIn({ ...change, object: other }, store, census).has("services/default/db"));
  });

  test("are looked at when their machine is held dead, though no pod is on it", () => {
    const { store } = viewWith(program("db", true));
    store.putSpec(serviceResource, { ...service, spec: { ...service.spec, clusterIP: "None" } });
    let isAlive = true;
    const members = { rankOf: () => 0, isAlive: () => isAlive };
    const controllers = new Controllers({ self: "ann", store, members });
    const run = (ms: number): boolean => {
      const now = { at: instantAt(ms), wallMs: ms };
      let text = "";
      for (let turn = 0; turn < 5; turn += 1) {
        for (const effect of controllers.step({ kind: "members" }, now)) {
          if (effect.kind !== "put") continue;
          store.putSpec(effect.resource, effect.object);
          if (effect.resource === endpointSliceResource) text += JSON.stringify(effect.object);
        }
      }
      return text.includes('"U-db"');
    };
    assert(run(0), "its endpoint is told");
    isAlive = false;
    run(10_000);
    const [slice] = store.list(endpointSliceResource).items;
    assert.deepEqual(slice?.["endpoints"], []);
  });
});

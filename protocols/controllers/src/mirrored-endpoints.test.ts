import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { endpointSliceResource, endpointsResource, serviceResource } from "./kinds.ts";
import type { Service } from "./service.ts";
import { Village } from "./village.ts";

describe("a Service without a selector", () => {
  function service(spec: Partial<Service["spec"]> = {}): Service {
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "default", uid: "S" },
      spec: { ports: [{ port: 80 }], ...spec },
    };
  }

  function settled(...objects: readonly KubeObject[]): Village {
    const village = new Village({ machines: 3 });
    for (const object of objects) village.apply(object);
    village.pass(3000);
    return village;
  }

  function written(ip: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
    const subset = { addresses: [{ ip }], ports: [{ port: 80, protocol: "TCP" }] };
    return {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name: "web", namespace: "default", uid: "E", ...metadata },
      subsets: [subset],
    };
  }

  function addressesIn(village: Village): readonly string[] {
    const slices = JSON.stringify(village.list(endpointSliceResource));
    return [...slices.matchAll(/"addresses":\["([^"]+)"\]/gu)].map(([, ip = ""]) => ip);
  }

  test("has slices that mirror the Endpoints that somebody writes, as they change", () => {
    const village = settled(service(), written("10.1.2.3", { labels: { mine: "yes" } }));
    const [slice] = village.list(endpointSliceResource);
    assert.deepEqual(slice?.metadata.labels, {
      mine: "yes",
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    });
    assert.deepEqual(slice["endpoints"], [
      { addresses: ["10.1.2.3"], conditions: { ready: true } },
    ]);
    village.apply(written("fd00::3"));
    village.pass(2000);
    assert.deepEqual(addressesIn(village), ["fd00::3"]);
    assert.equal(village.list(endpointSliceResource)[0]?.["addressType"], "IPv6");
    village.delete(endpointsResource, "web");
    village.pass(2000);
    assert.deepEqual(village.list(endpointSliceResource), []);
  });

  test("leaves alone what nobody is to mirror", () => {
    const label = { "endpointslice.kubernetes.io/skip-mirror": "true" };
    assert.deepEqual(addressesIn(settled(service(), written("10.1.2.3", { labels: label }))), []);
    const lock = { "control-plane.alpha.kubernetes.io/leader": "{}" };
    assert.deepEqual(
      addressesIn(settled(service(), written("10.1.2.3", { annotations: lock }))),
      [],
    );
  });

  test("takes its slices with it, and with a selector has others", () => {
    const village = settled(service(), written("10.1.2.3"));
    village.apply(service({ selector: { app: "web" } }));
    village.pass(2000);
    assert.deepEqual(addressesIn(village), [], "nothing is mirrored, and there is no pod");
    village.delete(serviceResource, "web");
    village.pass(2000);
    assert.deepEqual(village.list(endpointSliceResource), []);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { serviceResource } from "./kinds.ts";
import { hasNodePorts, nodePortsOf, withNodePorts } from "./node-port.ts";
import { isService, type Service } from "./service.ts";
import { Village } from "./village.ts";

function service(name: string, spec: Partial<Service["spec"]> = {}, day = 1): Service {
  const creationTimestamp = `2026-01-0${day}T00:00:00Z`;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", uid: name, creationTimestamp },
    spec: { type: "NodePort", ports: [{ port: 80 }], ...spec },
  };
}

function portsIn(village: Village): readonly (readonly number[])[] {
  return village.list(serviceResource).filter(isService).map(nodePortsOf);
}

describe("ports of machines", () => {
  test("are given to Services that want them, for each of their ports", () => {
    const village = new Village({ machines: 3 });
    village.apply(
      service("a", {
        ports: [
          { name: "x", port: 80 },
          { name: "y", port: 81 },
        ],
      }),
    );
    village.apply(service("b", { type: "ClusterIP" }));
    village.pass(2000);
    const [[first = 0, second = 0, ...more] = [], none] = portsIn(village);
    assert.deepEqual([more, none], [[], []]);
    assert.notEqual(first, second);
    for (const port of [first, second]) assert(port >= 30_086 && port <= 32_767, `${port}`);
  });

  test("that two Services have stay with the elder", () => {
    const ports = [{ port: 80, nodePort: 30_500 }];
    const village = new Village({ machines: 1 });
    village.apply(service("a", { ports }, 1));
    village.apply(service("b", { ports }, 2));
    village.pass(2000);
    const [elder, [younger = 0] = []] = portsIn(village);
    assert.deepEqual(elder, [30_500]);
    assert.notEqual(younger, 30_500);
  });

  test("are all given before there is none", () => {
    const all = new Set(Array.from({ length: 2768 }, (_, index) => 30_000 + index));
    const none = new Set<number>();
    assert.equal(withNodePorts(service("a"), all, none), undefined);
    all.delete(31_111);
    assert.deepEqual(withNodePorts(service("a"), all, none), [{ port: 80, nodePort: 31_111 }]);
  });

  test("are for balancers outside as well, unless they want none", () => {
    const has = (spec: Partial<Service["spec"]>): boolean => hasNodePorts(service("a", spec));
    assert(has({}) && has({ type: "LoadBalancer" }));
    assert(!has({ type: "LoadBalancer", allocateLoadBalancerNodePorts: false }));
    assert(!has({ type: "ClusterIP" }));
  });
});

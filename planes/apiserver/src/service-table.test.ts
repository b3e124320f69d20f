import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from "./service-table.ts";

function external(spec: object, status: object = {}): unknown {
  return servicePrinter.cells({ spec, status }, 0)[3];
}

test("a service shows type, addresses, ports and selector", () => {
  const spec = {
    type: "NodePort",
    clusterIP: "10.0.0.1",
    ports: [
      { port: 80, nodePort: 30_080 },
      { port: 53, protocol: "UDP" },
    ],
    selector: { b: "2", a: "1" },
  };
  const cells = servicePrinter.cells({ metadata: { name: "web" }, spec }, 0);
  assert.deepEqual(cells.slice(0, 5), [
    "web",
    "NodePort",
    "10.0.0.1",
    "<none>",
    "80:30080/TCP,53/UDP",
  ]);
  assert.equal(cells[6], "a=1,b=2");
  assert.equal(cells.length, servicePrinter.columns.length);
});

test("what is outside depends on the type", () => {
  assert.equal(
    external({ type: "ClusterIP", externalIPs: ["1.1.1.1", "2.2.2.2"] }),
    "1.1.1.1,2.2.2.2",
  );
  assert.equal(external({ type: "ExternalName", externalName: "a.example" }), "a.example");
  assert.equal(external({ type: "LoadBalancer" }), "<pending>");
  const loadBalancer = { ingress: [{ ip: "3.3.3.3" }, { hostname: "b.example" }] };
  assert.equal(external({ type: "LoadBalancer" }, { loadBalancer }), "3.3.3.3,b.example");
});

test("endpoints name the first three and count the rest", () => {
  const addresses = [1, 2, 3, 4].map((last) => ({ ip: `10.0.0.${last}` }));
  const subsets = [{ addresses, ports: [{ port: 80 }] }];
  assert.equal(
    endpointsPrinter.cells({ subsets }, 0)[1],
    "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...",
  );
  assert.equal(endpointsPrinter.cells({}, 0)[1], "<none>");
  assert.equal(endpointsPrinter.cells({ subsets: [{ addresses: [{ ip: "::1" }] }] }, 0)[1], "::1");
});

test("slices show what they have, or that it is unset", () => {
  const slice = {
    metadata: { name: "web-1" },
    addressType: "IPv4",
    ports: [{ port: 80 }],
    endpoints: [{ addresses: ["10.0.0.1"] }],
  };
  assert.deepEqual(endpointSlicePrinter.cells(slice, 0).slice(0, 4), [
    "web-1",
    "IPv4",
    "80",
    "10.0.0.1",
  ]);
  assert.deepEqual(endpointSlicePrinter.cells({}, 0).slice(2, 4), ["<unset>", "<unset>"]);
});

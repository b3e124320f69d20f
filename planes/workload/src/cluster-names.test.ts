import assert from "node:assert/strict";
import { test } from "node:test";
import { Catalog } from "./catalog.ts";
import { clusterAnswer } from "./cluster-names.ts";
import { StandIns } from "./stand-ins.ts";
import { podOf, serviceOf, sliceOf, TestMesh } from "./test-mesh.ts";

const mesh = new TestMesh();
mesh.put(
  podOf("shop/six", { ip: "fd00::5" }),
  serviceOf("shop/six", { clusterIP: "None", ports: [{ port: 80 }] }),
  sliceOf("shop/six", [{ name: "", port: 80 }], [{ uid: "U-six", ip: "fd00::5" }]),
);
const around = {
  catalog: new Catalog(mesh),
  standIns: new StandIns(),
  clusterDomain: "cluster.local",
  apiIp: "10.96.0.1",
  serviceCidr: "10.96.0.0/12",
};
const ask = (name: string, type: string) => clusterAnswer(around, "me", name, type);

test("names of other domains are outside, not absent", () => {
  for (const name of ["example.com", "xcluster.local", "cluster.local.example.com", ""]) {
    assert.equal(ask(name, "A"), "outside");
  }
  assert.equal(ask("nothing.cluster.local", "A"), undefined);
});

test("endpoints with addresses of IPv6 have AAAA records, and names with dashes", () => {
  const records = [{ type: "AAAA", name: "six.shop.svc.cluster.local", address: "fd00::5" }];
  assert.deepEqual(ask("six.shop.svc.cluster.local", "AAAA"), { records, alias: "" });
  assert.deepEqual(ask("six.shop.svc.cluster.local", "A"), { records: [], alias: "" });
  const host = "fd00--5.six.shop.svc.cluster.local";
  assert.deepEqual(ask(host, "SRV"), {
    records: [
      { type: "SRV", name: host, target: host, port: 80, priority: 0, weight: 100 },
      { type: "AAAA", name: host, address: "fd00::5" },
    ],
    alias: "",
  });
  const pod = ask("fd00--5.shop.pod.cluster.local", "AAAA");
  assert.equal(pod === "outside" ? 0 : pod?.records.length, 1);
});

test("a port without a name has no name of its own", () => {
  assert.equal(ask("_._tcp.six.shop.svc.cluster.local", "SRV"), undefined);
});

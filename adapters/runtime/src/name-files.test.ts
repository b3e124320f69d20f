import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PodPlan } from "@beemesh/ports";
import { hostsFile, resolverFile } from "./name-files.ts";

const plan: PodPlan = {
  uid: "u-1",
  namespace: "default",
  name: "web",
  hostname: "web-0",
  labels: {},
  volumes: [],
  resolver: { nameservers: [], searches: [], options: [] },
  terminationGraceMs: 0,
};

describe("hostsFile", () => {
  test("names the computer itself and the pod", () => {
    const text = hostsFile(plan, "10.1.2.3");
    assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/u);
    assert.match(text, /\n10\.1\.2\.3\tweb-0\n$/u);
  });

  test("has the pod's whole name first, and its aliases last", () => {
    const hostAliases = [
      { ip: "123.45.67.89", hostnames: ["foo", "bar"] },
      { ip: "fd00::1", hostnames: ["db.example"] },
    ];
    const text = hostsFile(
      { ...plan, domain: "db.default.svc.cluster.local", hostAliases },
      "10.1.2.3",
    );
    const own = "10.1.2.3\tweb-0.db.default.svc.cluster.local\tweb-0";
    const aliases = "123.45.67.89\tfoo\tbar\nfd00::1\tdb.example";
    assert(text.endsWith(`\n${own}\n\n# Entries added by HostAliases.\n${aliases}\n`), text);
  });

  test("takes nothing for a name that could pass for a line", () => {
    const hostAliases = [{ ip: "1.2.3.4", hostnames: ["a\n5.6.7.8 b", "#c", "", "d"] }];
    assert.match(hostsFile({ ...plan, hostAliases }, "10.1.2.3"), /\n1\.2\.3\.4\td\n$/u);
  });
});

test("resolverFile says what is there, and leaves out what is no word", () => {
  const resolver = {
    nameservers: ["10.96.0.10", "1.1.1.1\noptions debug"],
    searches: ["a.b", "c d"],
    options: ["ndots:5", "edns0"],
  };
  assert.equal(
    resolverFile(resolver),
    "search a.b\nnameserver 10.96.0.10\noptions ndots:5 edns0\n",
  );
  assert.equal(resolverFile({ nameservers: [], searches: [], options: [] }), "");
});

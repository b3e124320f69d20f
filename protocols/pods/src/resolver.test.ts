import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { domainOf, resolverPlan } from "./resolver.ts";
import { podOf } from "./stage.ts";

const cluster = ["default.svc.cluster.local", "svc.cluster.local", "cluster.local"];

describe("resolverPlan", () => {
  test("looks for short names in the pod's namespace, at its sidecar", () => {
    assert.deepEqual(resolverPlan(podOf()), {
      nameservers: ["10.96.0.10"],
      searches: cluster,
      options: ["ndots:5"],
    });
  });

  test("adds what the pod says, each once, and lets its options win", () => {
    const dnsConfig = {
      nameservers: ["10.96.0.10", "1.1.1.1"],
      searches: ["cluster.local", "shop.example"],
      options: [{ name: "ndots", value: "2" }, { name: "edns0" }, {}],
    };
    assert.deepEqual(resolverPlan(podOf({ dnsConfig })), {
      nameservers: ["10.96.0.10", "1.1.1.1"],
      searches: [...cluster, "shop.example"],
      options: ["ndots:2", "edns0"],
    });
  });

  test("has nothing but what the pod says if the pod wants it so", () => {
    const dnsConfig = { nameservers: ["1.1.1.1"], searches: ["resolv.conf.local"] };
    assert.deepEqual(resolverPlan(podOf({ dnsPolicy: "None", dnsConfig })), {
      nameservers: ["1.1.1.1"],
      searches: ["resolv.conf.local"],
      options: [],
    });
  });

  test("names no more servers and domains than are asked", () => {
    const dnsConfig = {
      nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3"],
      searches: Array.from({ length: 32 }, (_, index) => `d${index}`),
    };
    const { nameservers, searches } = resolverPlan(podOf({ dnsConfig }));
    assert.deepEqual(nameservers, ["10.96.0.10", "1.1.1.1", "1.1.1.2"]);
    assert.deepEqual([searches.length, searches.at(-1)], [32, "d28"]);
  });
});

test("a pod with a subdomain has a domain of its own", () => {
  assert.equal(domainOf(podOf()), "");
  assert.equal(domainOf(podOf({ subdomain: "db" })), "db.default.svc.cluster.local");
});

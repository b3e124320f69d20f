import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import type { PolicySource } from "./peer.ts";
import { allowsAnywhere, allowsPeer, allowsPort, readRules } from "./rule.ts";
import { address, peerOf, tcp } from "./village.ts";

const from = (...peers: readonly Json[]): Json => [{ from: peers }];
const allows = (rules: unknown, other: PolicySource): boolean =>
  readRules(rules, "from").some((rule) => allowsPeer(rule, "default", other));
const opens = (ports: unknown, port: number, protocol: "TCP" | "UDP" | "SCTP" = "TCP"): boolean =>
  readRules([{ ports }], "from").some((rule) =>
    allowsPort(rule, { protocol, port }, [{ name: "http", protocol: "TCP", port: 8080 }]),
  );

describe("peers of rules", () => {
  test("are all if none are given", () => {
    for (const rules of [[{}], [{ from: [] }], [{ from: null }]]) {
      assert(allows(rules, address("1.2.3.4")) && allows(rules, peerOf("other/x")));
    }
  });

  test("are pods of the policy's own namespace by a podSelector alone", () => {
    const rules = from({ podSelector: { matchLabels: { app: "web" } } });
    assert(allows(rules, peerOf("default/x", { app: "web" })));
    assert(!allows(rules, peerOf("other/x", { app: "web" })));
    assert(!allows(rules, peerOf("default/x")) && !allows(rules, address("1.2.3.4")));
  });

  test("are all pods of namespaces by a namespaceSelector alone", () => {
    const rules = from({ namespaceSelector: { matchLabels: { team: "shop" } } });
    assert(allows(rules, peerOf("shop/x")) && !allows(rules, peerOf("default/x")));
    assert(allows(from({ namespaceSelector: {} }), peerOf("any/x")));
  });

  test("are meant together in one item, and each for itself in two", () => {
    const space = { matchLabels: { team: "shop" } };
    const pods = { matchLabels: { app: "web" } };
    const both = from({ namespaceSelector: space, podSelector: pods });
    const either = from({ namespaceSelector: space }, { podSelector: pods });
    assert(allows(both, peerOf("shop/x", { app: "web" })));
    assert(!allows(both, peerOf("shop/x")) && !allows(both, peerOf("default/x", { app: "web" })));
    assert(allows(either, peerOf("shop/x")) && allows(either, peerOf("default/x", { app: "web" })));
    assert(!allows(either, peerOf("other/x", { app: "web" })));
  });

  test("are addresses of a block but for its exceptions, pods' own among them", () => {
    const rules = from({ ipBlock: { cidr: "172.17.0.0/16", except: ["172.17.1.0/24"] } });
    assert(allows(rules, address("172.17.2.1")) && allows(rules, address("::ffff:172.17.2.1")));
    assert(allows(rules, peerOf("other/x", {}, "172.17.3.3")));
    for (const ip of ["172.17.1.9", "172.18.0.1", "::1", "no address"]) {
      assert(!allows(rules, address(ip)), ip);
    }
    assert(allows(from({ ipBlock: { cidr: "2001:db8::/32" } }), address("2001:db8::5")));
  });

  test("may be excepted in one block and allowed by another", () => {
    const block = { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } };
    assert(allows(from(block, { ipBlock: { cidr: "10.1.1.1/32" } }), address("10.1.1.1")));
  });

  for (const peer of [
    {},
    "all",
    null,
    { podSelector: "app" },
    { namespaceSelector: [], podSelector: {} },
    { ipBlock: {} },
    { ipBlock: { cidr: "0.0.0.0/0" }, podSelector: {} },
    { ipBlock: { cidr: "0.0.0.0/33" } },
    { ipBlock: { cidr: "0.0.0.0/0", except: ["x"] } },
    { ipBlock: { cidr: "0.0.0.0/0", except: "10.0.0.0/8" } },
  ])
    test(`are nobody by ${JSON.stringify(peer)}`, () => {
      assert(!allows(from(peer), peerOf("default/x", {}, "10.0.0.1")));
      assert(!allows(from(peer), address("10.0.0.1")));
    });

  test("are nobody by a list that is none", () => {
    assert(!allows([{ from: "all" }], address("10.0.0.1")));
    for (const rules of [undefined, null, {}, "x", [null, 1]]) {
      assert(!allows(rules, address("10.0.0.1")));
    }
  });

  test("are any address only by an empty rule or the whole of IPv4", () => {
    const anywhere = (rules: unknown): boolean => readRules(rules, "to").some(allowsAnywhere);
    assert(anywhere([{}]) && anywhere([{ to: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }]));
    const excepted = { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] };
    assert(!anywhere([{ to: [{ ipBlock: excepted }] }]));
    assert(!anywhere([{ to: [{ namespaceSelector: {} }] }]));
  });
});

describe("ports of rules", () => {
  test("are all if none are given", () => {
    for (const ports of [undefined, null, []]) assert(opens(ports, 1) && opens(ports, 9, "SCTP"));
  });

  test("are numbers, names of the target, ranges, or all of a protocol; TCP unless said", () => {
    assert(opens([{ port: 80 }], 80) && !opens([{ port: 80 }], 81));
    assert(!opens([{ port: 80 }], 80, "UDP"));
    assert(opens([{ port: 53, protocol: "UDP" }], 53, "UDP"));
    assert(opens([{ port: "http" }], 8080) && !opens([{ port: "http" }], 80));
    assert(!opens([{ port: "http", protocol: "UDP" }], 8080, "UDP"));
    const range = [{ port: 32_000, endPort: 32_768 }];
    assert(opens(range, 32_000) && opens(range, 32_768) && !opens(range, 32_769));
    assert(opens([{ protocol: "UDP" }], 7, "UDP") && !opens([{ protocol: "UDP" }], 7));
    assert(opens([{ port: 1 }, { port: 2 }], 2));
  });

  for (const port of [
    { port: 0 },
    { port: 80.5 },
    { port: 70_000 },
    { port: "" },
    { port: {} },
    { port: 80, endPort: 79 },
    { port: 80, endPort: "90" },
    { port: "http", endPort: 9000 },
    { endPort: 9000 },
    { port: 80, protocol: "ICMP" },
    80,
  ])
    test(`are none by ${JSON.stringify(port)}`, () => {
      for (const number of [79, 80, 85, 8080]) assert(!opens([port], number));
    });

  test("are counted for each rule with its own peers", () => {
    const rules = readRules([{ ports: [{ port: 80 }], from: [{ podSelector: {} }] }], "from");
    const [rule] = rules;
    assert(
      rule && allowsPort(rule, tcp(80), []) && allowsPeer(rule, "default", peerOf("default/x")),
    );
    assert(!allowsPort(rule, tcp(81), []) && !allowsPeer(rule, "default", peerOf("other/x")));
  });
});

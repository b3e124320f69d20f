import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ingressController, type KubeObject } from "@beemesh/model";
import { IngressTable, plainPath } from "./ingress-table.ts";

interface Path {
  readonly path?: string;
  readonly pathType: string;
  readonly to: string;
}

const backendOf = (name: string): object => ({ service: { name, port: { number: 80 } } });

function ruleOf(host: string, ...paths: readonly Path[]): object {
  const http = {
    paths: paths.map(({ to, ...path }) => ({ ...path, backend: backendOf(to) })),
  };
  return host === "" ? { http } : { host, http };
}

function ingressOf(name: string, spec: unknown, metadata: object = {}): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace: "shop", name, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec,
  };
}

const prefix = (path: string, to: string): Path => ({ path, pathType: "Prefix", to });
const exact = (path: string, to: string): Path => ({ path, pathType: "Exact", to });

function tableOf(...rules: readonly object[]): IngressTable {
  return new IngressTable([ingressOf("a", { rules })], []);
}

function ask(table: IngressTable, host: string, path: string): string {
  return table.match(host, path)?.backend?.service ?? "-";
}

describe("IngressTable", () => {
  // The table of https://kubernetes.io/docs/concepts/services-networking/ingress/#examples
  for (const [rule, path, isFound] of [
    [prefix("/", "x"), "/any/thing", true],
    [exact("/foo", "x"), "/foo", true],
    [exact("/foo", "x"), "/bar", false],
    [exact("/foo", "x"), "/foo/", false],
    [exact("/foo/", "x"), "/foo", false],
    [prefix("/foo", "x"), "/foo", true],
    [prefix("/foo", "x"), "/foo/", true],
    [prefix("/foo/", "x"), "/foo", true],
    [prefix("/foo/", "x"), "/foo/", true],
    [prefix("/aaa/bb", "x"), "/aaa/bbb", false],
    [prefix("/aaa/bbb", "x"), "/aaa/bbb", true],
    [prefix("/aaa/bbb/", "x"), "/aaa/bbb", true],
    [prefix("/aaa/bbb", "x"), "/aaa/bbb/", true],
    [prefix("/aaa/bbb", "x"), "/aaa/bbb/ccc", true],
    [prefix("/aaa/bbb", "x"), "/aaa/bbbxyz", false],
    [{ pathType: "ImplementationSpecific", to: "x" }, "/any", true],
  ] as const) {
    const named = `${rule.pathType} ${"path" in rule ? rule.path : "-"}`;
    test(`${named} is ${isFound ? "" : "not "}for ${path}`, () => {
      assert.equal(ask(tableOf(ruleOf("", rule)), "h", path), isFound ? "x" : "-");
    });
  }

  test("prefers the longest path, Exact before Prefix", () => {
    const paths = [
      prefix("/", "all"),
      prefix("/aaa", "a"),
      prefix("/aaa/bbb", "ab"),
      exact("/aaa", "exact"),
    ];
    const table = tableOf(ruleOf("", ...paths));
    assert.equal(ask(table, "h", "/aaa/bbb/c"), "ab");
    assert.equal(ask(table, "h", "/aaa/ccc"), "a");
    assert.equal(ask(table, "h", "/aaa"), "exact");
    assert.equal(ask(table, "h", "/ccc"), "all");
    assert.equal(ask(table, "h", ""), "all");
  });

  test("prefers the host itself, then one label of a wildcard, then no host", () => {
    const table = tableOf(
      ruleOf("foo.example", prefix("/", "exact")),
      ruleOf("*.foo.example", prefix("/", "wildcard")),
      ruleOf("", prefix("/only", "any")),
    );
    assert.equal(ask(table, "FOO.example.", "/"), "exact");
    assert.equal(ask(table, "bar.foo.example", "/"), "wildcard");
    assert.equal(ask(table, "baz.bar.foo.example", "/"), "-");
    assert.equal(ask(table, "other.example", "/only"), "any");
    assert.equal(ask(table, "", "/only"), "any");
    assert(table.claims("bar.foo.example"));
    assert(!table.claims("other.example"));
  });

  test("lets the oldest Ingress win, by name if they are of one age", () => {
    const spec = (to: string): object => ({ rules: [ruleOf("a.b", prefix("/", to))] });
    const table = new IngressTable(
      [
        ingressOf("c", spec("young"), { creationTimestamp: "2026-01-02T00:00:00Z" }),
        ingressOf("b", spec("later"), { namespace: "a" }),
        ingressOf("a", spec("first"), { namespace: "a" }),
      ],
      [],
    );
    assert.equal(ask(table, "a.b", "/"), "first");
  });

  test("knows what the rest goes to", () => {
    const some = { host: "some.example", ...ruleOf("", exact("/own", "own")) };
    const table = new IngressTable(
      [
        ingressOf("b", { defaultBackend: backendOf("rest"), rules: [{ host: "all.example" }] }),
        ingressOf("c", { defaultBackend: backendOf("other"), rules: [some] }),
      ],
      [],
    );
    assert.equal(table.fallback?.backend?.service, "rest");
    assert.equal(ask(table, "all.example", "/x"), "rest");
    assert.equal(ask(table, "some.example", "/own"), "own");
    assert.equal(ask(table, "some.example", "/x"), "other");
    assert.equal(ask(table, "other.example", "/x"), "-");
  });

  test("serves all but the classes of other controllers", () => {
    const classes = [
      ["bee", ingressController],
      ["nginx", "k8s.io/ingress-nginx"],
    ].map(([name = "", controller]) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name },
      spec: { controller },
    }));
    const served = ["", "bee", "nginx", "unknown"].filter((ingressClassName) => {
      const rules = [ruleOf("", prefix("/", "x"))];
      const table = new IngressTable([ingressOf("a", { ingressClassName, rules })], classes);
      return ask(table, "h", "/") === "x";
    });
    assert.deepEqual(served, ["", "bee", "unknown"]);
    const old = ingressOf(
      "a",
      { rules: [ruleOf("", prefix("/", "x"))] },
      { annotations: { "kubernetes.io/ingress.class": "nginx" } },
    );
    assert.equal(ask(new IngressTable([old], classes), "h", "/"), "-");
  });

  test("finds the certificate of a host", () => {
    const spec = {
      rules: [ruleOf("own.example", prefix("/", "x"))],
      tls: [
        { secretName: "own" },
        { hosts: ["*.b.example"], secretName: "wild" },
        { hosts: ["c"] },
      ],
    };
    const table = new IngressTable([ingressOf("a", spec)], []);
    const secret = (host: string): string | undefined => table.certificateOf(host)?.secret;
    assert.equal(secret("own.example"), "own");
    assert.equal(secret("a.b.example"), "wild");
    assert.equal(secret("b.example"), undefined);
    assert.equal(secret("c"), undefined);
    assert.deepEqual([...table.namespaces().secrets], ["shop"]);
  });

  test("reads no wrong shape as anything", () => {
    const wrong = [
      undefined,
      1,
      [],
      { rules: 1, tls: 1 },
      { rules: [1, { http: 1 }, { http: {} }] },
    ];
    for (const spec of wrong) {
      const table = new IngressTable([ingressOf("a", spec)], [ingressOf("c", {})]);
      assert.equal(table.match("h", "/"), undefined);
    }
    const bare = new IngressTable([ingressOf("a", { rules: [{ http: { paths: [{}] } }] })], []);
    assert.deepEqual(bare.match("h", "/")?.backend, undefined);
  });

  test("looks at no more of a long path than there are rules for", () => {
    const table = tableOf(ruleOf("", prefix("/a/b", "x")));
    assert.equal(ask(table, "h", `/a/b${"/".repeat(1_000_000)}`), "x");
  });
});

test("plainPath does away with what would get around a rule", () => {
  assert.equal(plainPath("/a/../b"), "/b");
  assert.equal(plainPath("/a/%2E%2e/b"), "/b");
  assert.equal(plainPath("/a/./b"), "/a/b");
  assert.equal(plainPath("//evil/x"), "//evil/x");
  assert.equal(plainPath("//evil/../x"), "//x");
  assert.equal(plainPath("/a.b/c..d"), "/a.b/c..d");
});

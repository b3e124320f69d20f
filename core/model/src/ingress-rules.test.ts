import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const apiVersion = "networking.k8s.io/v1";

function check(spec: object, kind = "Ingress"): string[] {
  const resource = resourceOfKind(apiVersion, kind);
  assert(resource);
  const body = { apiVersion, kind, metadata: { name: "a" }, spec };
  return validate(resource, body).map(({ field, message }) => `${field}: ${message}`);
}

const backend = { service: { name: "web", port: { number: 80 } } };
const hosts = (...names: string[]): object => ({ rules: names.map((host) => ({ host })) });
const paths = (...list: object[]): object => ({
  rules: [{ http: { paths: list.map((path) => ({ backend, ...path })) } }],
});

describe("rules of Ingress", () => {
  for (const spec of [
    { defaultBackend: backend },
    { defaultBackend: { service: { name: "web", port: { name: "http" } } } },
    { defaultBackend: { resource: { kind: "Bucket", name: "b" } } },
    hosts("a.example", "*.a.example"),
    paths(
      { path: "/", pathType: "Prefix" },
      { path: "/a/b.", pathType: "Exact" },
      { pathType: "ImplementationSpecific" },
    ),
    { ...hosts("a.example"), tls: [{ hosts: ["a.example", "*.b.example"], secretName: "c" }] },
    { ...hosts("a.example"), ingressClassName: "beemesh" },
  ]) {
    test(`take ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), []));
  }

  for (const [spec, expected] of [
    [{}, ["spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"]],
    [
      hosts("10.0.0.1"),
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [
      paths({ path: "a", pathType: "Prefix" }, { path: "/", pathType: "Regex" }, { path: "/" }),
      [
        'spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path',
        'spec.rules[0].http.paths[1].pathType: Unsupported value: "Regex": supported values: ' +
          '"Exact", "ImplementationSpecific", "Prefix"',
        "spec.rules[0].http.paths[2].pathType: Required value",
      ],
    ],
    [
      paths({ path: "/a//b", pathType: "Exact" }, { path: "/a/..", pathType: "Prefix" }),
      [
        "spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'",
        "spec.rules[0].http.paths[1].path: Invalid value: \"/a/..\": cannot end with '/..'",
      ],
    ],
    [
      { defaultBackend: {} },
      ['spec.defaultBackend: Invalid value: "": resource or service backend is required'],
    ],
    [
      { defaultBackend: { ...backend, resource: { kind: "Bucket", name: "b" } } },
      ['spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'],
    ],
    [
      { defaultBackend: { service: { name: "web" } } },
      ["spec.defaultBackend: Required value: port name or number is required"],
    ],
    [
      { defaultBackend: { service: { name: "web", port: { name: "a", number: 1 } } } },
      ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
    ],
    [
      { defaultBackend: { service: { port: { number: 70_000 } } } },
      [
        "spec.defaultBackend.service.name: Required value",
        "spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and " +
          "65535, inclusive",
      ],
    ],
  ] as const) {
    test(`refuse ${JSON.stringify(spec)}`, () => assert.deepEqual(check(spec), expected));
  }

  for (const host of ["*", "*a.example", "a.*.example", "A.example", "a_b", "*.*.example"]) {
    test(`refuse the host ${host} in rules and certificates`, () => {
      const [rule = "", tls = ""] = check({ ...hosts(host), tls: [{ hosts: [host] }] });
      assert(rule.startsWith(`spec.rules[0].host: Invalid value: "${host}": a `), rule);
      assert(tls.startsWith(`spec.tls[0].hosts[0]: Invalid value: "${host}": a `), tls);
    });
  }
});

describe("rules of IngressClass", () => {
  const parameters = { kind: "Config", name: "a" };
  for (const [spec, expected] of [
    [{ controller: "beemesh.io/ingress" }, []],
    [{}, ["spec.controller: Required value"]],
    [
      { controller: "beemesh" },
      [
        'spec.controller: Invalid value: "beemesh": must be a domain-prefixed path (such as ' +
          '"acme.io/foo")',
      ],
    ],
    [
      { controller: "a.b/c", parameters: { ...parameters, scope: "Namespace" } },
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      { controller: "a.b/c", parameters: { ...parameters, scope: "Cluster", namespace: "x" } },
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
  ] as const) {
    test(`say ${expected.length} of ${JSON.stringify(spec)}`, () =>
      assert.deepEqual(check(spec, "IngressClass"), expected));
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Endpoint, endpointsMax, type Route, readRoute } from "./route.ts";

const endpoint: Endpoint = {
  uid: "u1",
  machine: "m1",
  namespace: "shop",
  serviceAccount: "default",
  ip: "10.1.2.3",
  port: 8080,
};
const service = {
  kind: "service",
  key: "tcp 10.96.1.1 80",
  namespace: "shop",
  name: "web",
  port: 80,
  appProtocol: "",
  endpoints: [endpoint],
} as const;

describe("readRoute", () => {
  const routes: readonly Route[] = [
    service,
    { kind: "pod", key: "k", endpoint },
    { kind: "external", key: "k", host: "example.com", port: 443 },
    { kind: "refused", key: "k", reason: "no policy allows it" },
  ];
  for (const route of routes)
    test(`reads a ${route.kind}`, () => {
      assert.deepEqual(readRoute(JSON.parse(JSON.stringify(route))), route);
    });

  for (const [what, json] of [
    ["nothing", undefined],
    ["another kind", { kind: "x", key: "k" }],
    ["a port that is none", { ...service, port: 0 }],
    ["an endpoint without uid", { ...service, endpoints: [{ ...endpoint, uid: "" }] }],
    [
      "too many endpoints",
      { ...service, endpoints: Array.from({ length: endpointsMax + 1 }, () => endpoint) },
    ],
  ] as const)
    test(`refuses ${what}`, () => {
      assert.equal(
        readRoute(json === undefined ? json : JSON.parse(JSON.stringify(json))),
        undefined,
      );
    });
});

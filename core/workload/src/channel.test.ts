import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import {
  type MachineMessage,
  readMachineMessage,
  readSidecarMessage,
  type SidecarMessage,
} from "./channel.ts";

const endpoint = {
  uid: "u1",
  machine: "m1",
  namespace: "shop",
  serviceAccount: "default",
  ip: "10.1.2.3",
  port: 8080,
};
const caller = { uid: "u2", namespace: "shop", serviceAccount: "web", issuer: "12D3KooWabc" };
const refusal = {
  direction: "in",
  source: "spiffe://m/ns/a/sa/b",
  target: "spiffe://m/ns/c/sa/d",
  protocol: "tcp",
  port: 80,
  cause: "policy",
  reason: "no rule allows it",
} as const;

const fromSidecar: readonly SidecarMessage[] = [
  { kind: "ready", pid: 1 },
  { kind: "certify", id: 1, publicKey: "MFkw" },
  { kind: "names", id: 2, name: "web.shop.svc.cluster.local", type: "A" },
  { kind: "route", id: 3, protocol: "tcp", ip: "10.96.0.1", port: 80 },
  { kind: "dial", id: 4, endpoint },
  { kind: "dialExternal", id: 5, protocol: "udp", host: "example.com", port: 53 },
  { kind: "admit", id: 6, caller, protocol: "tcp", port: 8080 },
  { kind: "refused", refusal },
  { kind: "refused", refusal: { ...refusal, cause: "certificate", port: 0 } },
  { kind: "admit", id: 6, caller, protocol: "watch", port: 1 },
  { kind: "lost", uids: ["u1"] },
  { kind: "vouched", id: 8, signature: "c2ln", certificate: "PEM" },
  {
    kind: "spans",
    spans: [
      {
        context: { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true },
        parentSpanId: "",
        name: "GET",
        kind: "client",
        startWallMs: 1,
        durationMs: 2,
        attributes: { code: 200 },
        isError: false,
      },
    ],
  },
  { kind: "metrics", id: 7, text: "a 1\n" },
];

const pod = {
  uid: "u1",
  namespace: "shop",
  name: "web-1",
  serviceAccount: "default",
  mesh: "12D3KooWmesh",
  machine: "m1",
};
const fromMachine: readonly MachineMessage[] = [
  { kind: "hello", pod, clockOffsetMs: -5, tracesUrl: "" },
  { kind: "certificate", id: 1, certificate: "PEM", notAfterMs: 1 },
  {
    kind: "names",
    id: 2,
    status: "found",
    ttlSeconds: 5,
    records: [
      { type: "A", name: "web.shop.svc.cluster.local", address: "10.96.0.1" },
      { type: "CNAME", name: "db.shop.svc.cluster.local", target: "db.example.com" },
      { type: "SRV", name: "_h._tcp.a.b", target: "a.b", port: 80, priority: 0, weight: 1 },
    ],
  },
  { kind: "route", id: 3, route: { kind: "pod", key: "k", endpoint } },
  { kind: "rerouted", route: { kind: "refused", key: "k", reason: "r" } },
  { kind: "dialed", id: 4, error: "", issuer: "12D3KooWabc" },
  { kind: "incoming" },
  { kind: "verdict", id: 6, allowed: true, reason: "" },
  { kind: "forget", what: "verdicts" },
  { kind: "replicas", workload: "shop/web", replicas: [endpoint] },
  {
    kind: "vouch",
    id: 8,
    claim: {
      machine: "12D3KooWm1",
      node: "m1",
      ip: "10.1.2.3",
      addresses: ["192.0.2.1:7947"],
      services: [{ service: "shop/web", ports: [{ protocol: "tcp", port: 80, target: 8080 }] }],
      version: 1,
      notAfterMs: 2,
    },
  },
  { kind: "collect", id: 7 },
];

const copyOf = (message: object): Json => JSON.parse(JSON.stringify(message));

describe("the channel between machine and sidecar", () => {
  for (const message of fromSidecar)
    test(`carries ${JSON.stringify(message).slice(0, 200)} to the machine`, () => {
      assert.deepEqual(readSidecarMessage(copyOf(message)), message);
    });
  for (const message of fromMachine)
    test(`carries ${message.kind} to the sidecar`, () => {
      assert.deepEqual(readMachineMessage(copyOf(message)), message);
    });

  test("takes nothing from a message that lacks something", () => {
    const lacking = (message: object): Json[] =>
      Object.keys(message).map((member) => {
        const { [member]: _, ...rest } = Object(copyOf(message));
        return rest;
      });
    for (const message of fromSidecar) {
      for (const part of lacking(message)) assert.equal(readSidecarMessage(part), undefined);
    }
    for (const message of fromMachine) {
      for (const part of lacking(message)) assert.equal(readMachineMessage(part), undefined);
    }
  });

  test("survives any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: Json = JSON.parse(JSON.stringify(value));
        assert.equal(readSidecarMessage(json), undefined);
        assert.equal(readMachineMessage(json), undefined);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { readService } from "./service-record.ts";
import { serviceOf } from "./test-mesh.ts";

test("a Service is read with its addresses and ports", () => {
  const spec = {
    clusterIP: "10.96.0.9",
    clusterIPs: ["10.96.0.9", "fd00::9"],
    ports: [
      { name: "h", port: 80, appProtocol: "http" },
      { port: 53, protocol: "UDP" },
    ],
    publishNotReadyAddresses: true,
  };
  assert.deepEqual(readService(serviceOf("a/b", spec)), {
    key: "a/b",
    namespace: "a",
    name: "b",
    created: "",
    ips: ["10.96.0.9", "fd00::9"],
    isHeadless: false,
    externalName: "",
    ports: [
      { name: "h", protocol: "TCP", port: 80, appProtocol: "http" },
      { name: "", protocol: "UDP", port: 53, appProtocol: "" },
    ],
    publishesUnready: true,
    settings: {},
  });
});

test("headless Services and aliases have no address; what is malformed is left out", () => {
  const headless = readService(serviceOf("a/b", { clusterIP: "None", clusterIPs: ["None"] }));
  assert.deepEqual([headless.isHeadless, headless.ips], [true, []]);
  const alias = readService(
    serviceOf("a/b", { type: "ExternalName", externalName: "X.Example.", clusterIP: "10.0.0.1" }),
  );
  assert.deepEqual([alias.externalName, alias.ips, alias.isHeadless], ["x.example", [], false]);
  const odd = serviceOf("a/b", { clusterIP: 5, clusterIPs: "x", ports: [1, { port: "80" }] });
  assert.deepEqual([readService(odd).ips, readService(odd).ports], [[], []]);
  const { spec: _, ...none } = serviceOf("a/b", {});
  assert.deepEqual(readService(none).ports, []);
});

test("a client stays with one endpoint as long as the Service says", () => {
  const settings = (timeoutSeconds?: number) =>
    readService(
      serviceOf("a/b", {
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds } },
      }),
    ).settings;
  assert.deepEqual(settings(5), { affinityMs: 5000 });
  assert.deepEqual(settings(), { affinityMs: 10_800_000 });
  assert.deepEqual(settings(0), {});
});

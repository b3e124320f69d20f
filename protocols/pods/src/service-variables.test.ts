import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { servicesFor, serviceVariables } from "./service-variables.ts";
import { podOf } from "./stage.ts";

function service(name: string, spec: unknown): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default" }, spec };
}

describe("serviceVariables", () => {
  test("say where a Service is, in both spellings, port by port", () => {
    const ports = [
      { name: "http", port: 80, protocol: "TCP" },
      { name: "dns-udp", port: 53, protocol: "UDP" },
    ];
    const variables = serviceVariables([service("my-shop", { clusterIP: "10.96.0.9", ports })]);
    assert.deepEqual(Object.fromEntries(variables), {
      MY_SHOP_SERVICE_HOST: "10.96.0.9",
      MY_SHOP_SERVICE_PORT: "80",
      MY_SHOP_SERVICE_PORT_HTTP: "80",
      MY_SHOP_SERVICE_PORT_DNS_UDP: "53",
      MY_SHOP_PORT: "tcp://10.96.0.9:80",
      MY_SHOP_PORT_80_TCP: "tcp://10.96.0.9:80",
      MY_SHOP_PORT_80_TCP_PROTO: "tcp",
      MY_SHOP_PORT_80_TCP_PORT: "80",
      MY_SHOP_PORT_80_TCP_ADDR: "10.96.0.9",
      MY_SHOP_PORT_53_UDP: "udp://10.96.0.9:53",
      MY_SHOP_PORT_53_UDP_PROTO: "udp",
      MY_SHOP_PORT_53_UDP_PORT: "53",
      MY_SHOP_PORT_53_UDP_ADDR: "10.96.0.9",
    });
  });

  test("write an address of IPv6 as addresses of the web do", () => {
    const variables = serviceVariables([
      service("db", { clusterIP: "fd00::9", ports: [{ port: 1 }] }),
    ]);
    assert.equal(Object.fromEntries(variables)["DB_PORT"], "tcp://[fd00::9]:1");
  });

  test("leave out what has no address or no port", () => {
    const port = { port: 80 };
    const services = [
      service("headless", { clusterIP: "None", ports: [port] }),
      service("young", { ports: [port] }),
      service("away", { type: "ExternalName", clusterIP: "" }),
      service("portless", { clusterIP: "10.96.0.9" }),
      service("broken", "none"),
      service("odd", { clusterIP: "10.96.0.9", ports: ["x", { port: "80" }] }),
    ];
    assert.deepEqual(serviceVariables(services), []);
  });
});

test("a pod that wants no Services among its variables is told of none", () => {
  const known = { items: [service("db", {})], isWhole: false };
  assert.deepEqual(
    servicesFor(podOf(), () => known),
    known,
  );
  const none = { items: [], isWhole: true };
  assert.deepEqual(
    servicesFor(podOf({ enableServiceLinks: false }), () => known),
    none,
  );
  assert.deepEqual(servicesFor(podOf(), undefined), none);
});

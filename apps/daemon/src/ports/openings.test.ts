import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPod, type KubeObject, type Pod } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { openingsOf } from "./openings.ts";

function service(name: string, spec: JsonObject): KubeObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec };
}

function pod(name: string, phase: string, ...ports: readonly JsonObject[]): Pod {
  const object: KubeObject = podObject(name, phase, ports);
  assert(isPod(object));
  return object;
}

function podObject(name: string, phase: string, ports: readonly JsonObject[]): KubeObject {
  const metadata = { name, namespace: "shop", uid: `U-${name}` };
  const containers = [{ name: "c", image: "i", ports }];
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers }, status: { phase } };
}

const keys = (openings: ReadonlyMap<string, unknown>): string[] => [...openings.keys()];

describe("openingsOf", () => {
  test("opens the NodePorts of Services that speak TCP", () => {
    const ports = [
      { port: 80, nodePort: 30_080 },
      { port: 53, nodePort: 30_053, protocol: "UDP" },
      { port: 81 },
    ];
    const sticky = {
      externalTrafficPolicy: "Local",
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } },
    };
    const openings = openingsOf([service("web", { ports, ...sticky })], [], "0.0.0.0");
    const way = { kind: "service", namespace: "shop", name: "web", port: 80 };
    assert.deepEqual(
      [...openings],
      [["0.0.0.0 30080", { ...way, isLocalOnly: true, affinityMs: 5000 }]],
    );
  });

  test("opens the hostPorts of pods that run, at their address if the owner lets any", () => {
    const pods = [
      pod("a", "Running", { containerPort: 80, hostPort: 8080 }),
      pod("b", "Running", { containerPort: 80, hostPort: 8080, hostIP: "127.0.0.1" }),
      pod("c", "Running", { containerPort: 53, hostPort: 53, protocol: "UDP" }),
      pod("d", "Succeeded", { containerPort: 80, hostPort: 8081 }),
      pod("e", "Running", { containerPort: 80 }),
    ];
    assert.deepEqual(
      [...openingsOf([], pods, "0.0.0.0")],
      [
        ["0.0.0.0 8080", { kind: "pod", uid: "U-a", port: 80 }],
        ["127.0.0.1 8080", { kind: "pod", uid: "U-b", port: 80 }],
      ],
    );
    assert.deepEqual(keys(openingsOf([], pods, "192.0.2.1")), ["192.0.2.1 8080"]);
  });

  test("leaves a place to the first that wants it, whatever the order of the records", () => {
    const services = ["b", "a"].map((name) =>
      service(name, { ports: [{ port: 80, nodePort: 30_080 }] }),
    );
    const pods = [pod("p", "Running", { containerPort: 80, hostPort: 30_080 })];
    const [[place, opening] = []] = openingsOf(services, pods, "::");
    assert.equal(place, ":: 30080");
    assert.equal(opening?.kind === "service" && opening.name, "a");
  });

  test("opens nothing by what is malformed", () => {
    const ports = [{ port: 80, nodePort: "30080" }, { nodePort: 30_081 }, 5];
    const odd = [pod("a", "Running", { hostPort: 70_000, containerPort: 80 })];
    assert.deepEqual(keys(openingsOf([service("web", { ports })], odd, "::")), []);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import type { Change } from "@beemesh/ports";
import type { Route } from "@beemesh/workload";
import { routesMax, Subscriptions } from "./subscriptions.ts";
import {
  factsOf,
  namespaceOf,
  podOf,
  policyOf,
  serviceOf,
  sliceOf,
  TestMesh,
} from "./test-mesh.ts";

const [me, you] = [factsOf("shop/me"), factsOf("shop/you")];
const http = [{ name: "", port: 80 }];

function shop() {
  const mesh = new TestMesh();
  mesh.put(
    namespaceOf("shop"),
    podOf("shop/a", { ip: "10.1.0.1" }),
    podOf("shop/b", { ip: "10.1.0.2" }),
    serviceOf("shop/web", { clusterIP: "10.96.1.1", ports: http }),
    serviceOf("shop/other", { clusterIP: "10.96.1.2", ports: http }),
    sliceOf("shop/web", http, [{ uid: "U-a", ip: "10.1.0.1" }]),
  );
  const directory = mesh.directory();
  return { mesh, directory, subscriptions: new Subscriptions(directory) };
}

describe("Subscriptions", () => {
  test("tell who asked of the route that changed, once, and nobody else", () => {
    const { mesh, subscriptions } = shop();
    const route = subscriptions.route(me, "tcp", "10.96.1.1", 80);
    assert.equal(route.kind === "service" ? route.endpoints.length : 0, 1);
    subscriptions.route(you, "tcp", "10.96.1.2", 80);
    const both = ["a", "b"].map((name, index) => ({ uid: `U-${name}`, ip: `10.1.0.${index + 1}` }));
    const change = mesh.put(sliceOf("shop/web", http, both));
    const told = subscriptions.step(change);
    assert.deepEqual(
      told.map(({ uid, route: { key } }) => [uid, key]),
      [["U-me", "tcp 10.96.1.1 80"]],
    );
    assert.deepEqual(subscriptions.step(change), [], "told already");
  });

  test("tell an endpoint whose record comes after its slice", () => {
    const { mesh, subscriptions } = shop();
    mesh.put(sliceOf("shop/other", http, [{ uid: "U-late", ip: "10.1.0.5" }]));
    subscriptions.route(me, "tcp", "10.96.1.2", 80);
    const [told] = subscriptions.step(mesh.put(podOf("shop/late", { ip: "10.1.0.5" })));
    assert.equal(told?.route.kind === "service" ? told.route.endpoints[0]?.uid : "", "U-late");
  });

  test("tell what policies change, to the pods of their namespace", () => {
    const { mesh, subscriptions } = shop();
    subscriptions.route(me, "tcp", "10.96.1.1", 80);
    subscriptions.route(factsOf("else/x"), "tcp", "10.96.1.1", 80);
    const deny = policyOf("shop/deny", { podSelector: {}, policyTypes: ["Egress"] });
    const told = subscriptions.step(mesh.put(deny));
    assert.deepEqual(
      told.map(({ uid, route }) => [uid, route.kind]),
      [["U-me", "refused"]],
    );
    assert.equal(subscriptions.step(mesh.delete(deny))[0]?.route.kind, "service");
  });

  test("are forgotten with their sidecar", () => {
    const { mesh, subscriptions } = shop();
    subscriptions.route(me, "tcp", "10.96.1.1", 80);
    subscriptions.forget("U-me");
    subscriptions.forget("U-me");
    assert.equal(subscriptions.size, 0);
    assert.deepEqual(subscriptions.step(mesh.put(sliceOf("shop/web", http, []))), []);
  });

  test("are bounded for each sidecar; the longest unasked go", () => {
    const { mesh, subscriptions } = shop();
    subscriptions.route(me, "tcp", "10.96.1.1", 80);
    subscriptions.route(me, "tcp", "10.96.1.2", 80);
    for (let port = 1000; port < 1000 + routesMax - 1; port += 1) {
      subscriptions.route(me, "tcp", "192.0.2.1", port);
      subscriptions.route(me, "tcp", "10.96.1.1", 80);
    }
    subscriptions.route(you, "tcp", "10.96.1.2", 80);
    assert.equal(subscriptions.size, routesMax + 1);
    const endpoints = [{ uid: "U-b", ip: "10.1.0.2" }];
    const other = subscriptions.step(mesh.put(sliceOf("shop/other", http, endpoints)));
    assert.deepEqual(
      other.map(({ uid }) => uid),
      ["U-you"],
    );
    assert.equal(subscriptions.step(mesh.put(sliceOf("shop/web", http, []))).length, 1);
  });

  test("never miss a change, for 60 seeds: who follows knows what who asks anew is told", () => {
    let told = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = seededRandom(seed);
      const { mesh, directory, subscriptions } = shop();
      const known = new Map<string, Route>();
      const asked = [me, you].flatMap((pod) =>
        ["10.96.1.1", "10.96.1.2", "10.1.0.1", "10.1.0.2", "198.18.7.7", "192.0.2.1"].map((ip) => ({
          pod,
          ip,
        })),
      );
      for (const { pod, ip } of asked) {
        const route = subscriptions.route(pod, "tcp", ip, 80);
        known.set(`${pod.uid} ${route.key}`, route);
      }
      for (let step = 0; step < 40; step += 1) {
        const change = anyChange(mesh, [random.below(7), random.below(3), random.below(3)]);
        for (const { uid, route } of change === undefined ? [] : subscriptions.step(change)) {
          known.set(`${uid} ${route.key}`, route);
          told += 1;
        }
        for (const { pod, ip } of asked) {
          const route = directory.route(pod, "tcp", ip, 80);
          assert.deepEqual(known.get(`${pod.uid} ${route.key}`), route, `seed ${seed}`);
        }
      }
    }
    assert(told > 500);
  });
});

function anyChange(
  mesh: TestMesh,
  [kind = 0, which = 0, variant = 0]: readonly number[],
): Change | undefined {
  const [ip, uid] = [`10.1.0.${variant}`, ["U-a", "U-b", "U-me"][variant] ?? ""];
  const names = ["a", "b", "me"];
  const cidr = ["192.0.2.0/24", "10.1.0.0/16", "10.96.0.0/12"][variant] ?? "";
  const to = [[{ ipBlock: { cidr } }], [{ podSelector: { matchLabels: { v: "1" } } }], []][which];
  const policyTypes = ["Egress"];
  const makers = [
    () =>
      serviceOf(`shop/${which === 0 ? "web" : "other"}`, {
        clusterIP: `10.96.1.${variant}`,
        ports: http,
      }),
    () => sliceOf(which === 0 ? "shop/web" : "shop/other", http, [{ uid, ip }], `s${which}`),
    () => podOf(`shop/${names[which]}`, { ip, labels: { v: `${variant}` } }),
    () => policyOf("shop/p", { podSelector: {}, policyTypes, egress: [{ to }] }),
    () => policyOf("shop/p", { podSelector: { matchLabels: { v: `${variant}` } }, policyTypes }),
    () => namespaceOf("shop", { v: `${variant}` }),
    () => policyOf("shop/p", {}),
  ];
  const object = makers[kind]?.();
  if (object === undefined) return undefined;
  const isThere = mesh.changes.some(
    (change) => change.object.metadata.name === object.metadata.name,
  );
  return kind === 6 || variant === 2
    ? isThere && isHere(mesh, object.metadata.name)
      ? mesh.delete(object)
      : undefined
    : mesh.put(object);
}

function isHere(mesh: TestMesh, name: string): boolean {
  const last = mesh.changes.findLast((change) => change.object.metadata.name === name);
  return last !== undefined && last.kind !== "deleted";
}

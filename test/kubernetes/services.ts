/** Services and their endpoints as objects: no traffic. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { labelled, objectOf } from "./manifest.ts";
import { pathOf } from "./resource.ts";
import { condition } from "./status-life.ts";
import { conditionOf } from "./world.ts";

function service(name: string, spec: JsonObject = {}): JsonObject {
  return objectOf("services", "Service", name, {
    spec: {
      selector: { app: name },
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
      ...spec,
    },
  });
}

const ofService = (name: string): string => `?labelSelector=kubernetes.io%2Fservice-name%3D${name}`;

export const services: Behaviours = {
  "net Services status lifecycle": async (world) => {
    const watch = await world.watch("services");
    await world.create("services", service("web", { type: "LoadBalancer" }));
    await watch.see("ADDED", "web");
    const ingress = [{ ip: "203.0.113.1" }];
    const patched = await world.patch("services", "web/status", {
      status: { loadBalancer: { ingress } },
    });
    assert.equal(textAt(patched, "status", "loadBalancer", "ingress", 0, "ip"), "203.0.113.1");
    const updated = await world.update("services", "web/status", (object) => ({
      ...object,
      status: {
        ...Object(object["status"]),
        conditions: [{ ...condition("Shown"), lastTransitionTime: "2026-01-01T00:00:00Z" }],
      },
    }));
    assert.equal(conditionOf(updated, "Shown"), "True");
    await watch.next("the condition", ({ object }) => conditionOf(object, "Shown") === "True");
    await world.patch("services", "web", { metadata: { labels: { patched: "yes" } } }, "strategic");
    assert.deepEqual((await world.list("services", "?labelSelector=patched%3Dyes")).map(nameOf), [
      "web",
    ]);
    await world.remove("services", "web");
    await watch.see("DELETED", "web");
  },

  "net Services delete collection": async (world) => {
    const query = "?labelSelector=life%3Dmarked";
    for (const name of ["a", "b", "c"]) {
      await world.create("services", labelled(service(name), { life: "marked" }));
    }
    await world.create("services", service("stays"));
    await world.ok(`DELETE ${world.path("services")}${query}`);
    await world.until("them gone", async () => (await world.list("services", query)).length === 0);
    assert.deepEqual((await world.list("services")).map(nameOf), ["stays"]);
  },

  "net Services find from listing all namespaces": async (world) => {
    await world.create("services", labelled(service("web"), { life: world.namespace }));
    const list = await world.ok(
      `GET ${pathOf("services")}?labelSelector=life%3D${world.namespace}`,
    );
    const found = listAt(list, "items").map((each) => textAt(each, "metadata", "namespace"));
    assert.deepEqual(found, [world.namespace]);
  },

  "net EndpointSlice create and delete for selector that matches no pods": async (world) => {
    await world.create("services", service("web"));
    await world.until("its endpoints", async () => {
      const { status } = await world.client.send(`GET ${world.path("endpoints", "web")}`);
      return status === 200 && (await world.list("endpointslices", ofService("web"))).length > 0;
    });
    const [slice = {}] = await world.list("endpointslices", ofService("web"));
    assert.deepEqual(listAt(slice, "endpoints"), []);
    assert.deepEqual(
      listAt(slice, "metadata", "ownerReferences").map(({ name }) => name),
      ["web"],
    );
    await world.remove("services", "web");
    await world.untilGone("endpoints", "web");
    await world.until("its slices gone", async () => {
      return (await world.list("endpointslices", ofService("web"))).length === 0;
    });
  },

  "net EndpointSliceMirroring": async (world) => {
    await world.create(
      "services",
      objectOf("services", "Service", "web", {
        spec: { ports: [{ name: "example", port: 80, protocol: "TCP" }] },
      }),
    );
    const mirrored = async (wanted: readonly string[]): Promise<void> => {
      let last: readonly string[] = [];
      await world.until(
        () => `slices with ${wanted.join()}; they have ${last.join()}`,
        async () => {
          const slices = await world.list("endpointslices", ofService("web"));
          last = slices.flatMap((slice) =>
            listAt(slice, "endpoints").map(
              (each) => `${textAt(each, "addresses", 0)}:${Number(at(slice, "ports", 0, "port"))}`,
            ),
          );
          return last.join() === wanted.join();
        },
      );
    };
    const subsets = (ip: string, port: number): readonly JsonObject[] => [
      { addresses: [{ ip }], ports: [{ port, protocol: "TCP" }] },
    ];
    await world.create(
      "endpoints",
      objectOf("endpoints", "Endpoints", "web", { subsets: subsets("10.1.2.3", 80) }),
    );
    await mirrored(["10.1.2.3:80"]);
    const [slice] = await world.list("endpointslices", ofService("web"));
    assert.equal(
      textAt(slice, "metadata", "labels", "endpointslice.kubernetes.io/managed-by"),
      "endpointslicemirroring-controller.k8s.io",
    );
    await world.patch("endpoints", "web", { subsets: subsets("10.2.3.4", 81) });
    await mirrored(["10.2.3.4:81"]);
    await world.remove("endpoints", "web");
    await mirrored([]);
  },

  "net API Server secure master service": async (world) => {
    const found = await world.ok(`GET ${pathOf("services", "default")}/kubernetes`);
    const ports = listAt(found, "spec", "ports");
    assert.deepEqual(
      ports.map((port) => [textAt(port, "name"), Number(port["port"]), textAt(port, "protocol")]),
      [["https", 443, "TCP"]],
    );
    assert.notEqual(textAt(found, "spec", "clusterIP"), "");
  },

  "net API Server Endpoints and EndpointSlices pointing to API Server": async (world) => {
    await world.ok(`GET ${pathOf("services", "default")}/kubernetes`);
    const old = await world.ok(`GET ${pathOf("endpoints", "default")}/kubernetes`);
    const told = listAt(old, "subsets").flatMap((subset) =>
      listAt(subset, "addresses").flatMap((address) =>
        listAt(subset, "ports").map((port) => `${textAt(address, "ip")}:${Number(port["port"])}`),
      ),
    );
    const path = `${pathOf("endpointslices", "default")}${ofService("kubernetes")}`;
    const slices = listAt(await world.ok(`GET ${path}`), "items");
    const places = slices.flatMap((slice) =>
      listAt(slice, "endpoints").flatMap((endpoint) => {
        assert.equal(at(endpoint, "conditions", "ready"), true);
        return listAt(slice, "ports").map(
          (port) => `${textAt(endpoint, "addresses", 0)}:${Number(port["port"])}`,
        );
      }),
    );
    assert.equal(places.length, world.mesh.machines.length, "the API of each machine");
    assert.deepEqual(places.toSorted(), told.toSorted());
  },

  "net Endpoints lifecycle": async (world) => {
    const watch = await world.watch("endpoints", "?labelSelector=life%3Dyes");
    const subsets = [
      { addresses: [{ ip: "192.0.2.24" }], ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    ];
    await world.create(
      "endpoints",
      labelled(objectOf("endpoints", "Endpoints", "web", { subsets }), { life: "yes" }),
    );
    await watch.see("ADDED", "web");
    const everywhere = await world.ok(`GET ${pathOf("endpoints")}?labelSelector=life%3Dyes`);
    assert.equal(textAt(everywhere, "items", 0, "metadata", "namespace"), world.namespace);
    await world.update("endpoints", "web", (object) => labelled(object, { updated: "yes" }));
    await watch.see("MODIFIED", "web");
    const change = {
      subsets: [{ addresses: [{ ip: "192.0.2.25" }], ports: [{ name: "http", port: 8080 }] }],
    };
    const patched = await world.patch("endpoints", "web", change, "strategic");
    assert.equal(textAt(patched, "subsets", 0, "addresses", 0, "ip"), "192.0.2.25");
    await watch.see("MODIFIED", "web");
    await world.ok(`DELETE ${world.path("endpoints")}?labelSelector=life%3Dyes`);
    await watch.see("DELETED", "web");
  },
};

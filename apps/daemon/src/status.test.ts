import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { readStatus } from "./status.ts";

const node = (name: string, peer: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, annotations: { "beemesh.io/peer-id": peer } },
});

const pod = (name: string, nodeName: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { nodeName },
  status: { phase: "Running" },
});

function storeOf(...objects: readonly KubeObject[]): ObjectStore {
  const list = ({ kind }: Resource): unknown => ({
    items: objects.filter((object) => object.kind === kind),
    revision: "1",
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a status only lists
  return { list } as unknown as ObjectStore;
}

test("a status says who is there, what runs here and what it costs", () => {
  const member = { incarnation: 1, startedMs: 0, addresses: ["/ip4/10.0.0.2/tcp/1"] };
  const status = readStatus({
    name: "m1",
    peer: "p1",
    mesh: "mesh",
    machine: {
      members: () =>
        new Map([
          ["p1", { id: "p1", ...member, state: "alive" }],
          ["p3", { id: "p3", ...member, state: "dead" }],
          ["p2", { id: "p2", ...member, state: "alive" }],
        ]),
      objects: storeOf(node("m1", "p1"), node("m2", "p2"), pod("a", "m1"), pod("b", "m2")),
      deciders: { keeperRanks: () => [0, 0, 1, 4] },
    },
    link: () => ({
      peers: [{ peer: "p2", rttMs: 3, score: 0, address: "/ip4/192.0.2.1/tcp/9" }],
    }),
    bytesPerMinute: 1200,
    health: { runtime: "", disk: "full", clock: "" },
  });
  assert.deepEqual(
    status.members.map(({ name, state, isDirect, address }) => [name, state, isDirect, address]),
    [
      ["", "dead", false, "/ip4/10.0.0.2/tcp/1"],
      ["m1", "alive", true, "/ip4/10.0.0.2/tcp/1"],
      ["m2", "alive", true, "/ip4/192.0.2.1/tcp/9"],
    ],
  );
  assert.equal(status.members[2]?.rttMs, 3);
  assert.deepEqual(status.pods, [{ name: "default/a", phase: "Running" }]);
  assert.deepEqual(status.keeper, { collections: 4, first: 2 });
  assert.deepEqual(status.traffic, { bytesPerMinute: 1200, idleBytesPerMinuteMax: 60_000 });
  assert.equal(status.health.disk, "full");
});

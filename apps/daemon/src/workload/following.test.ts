import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CollectionId, collectionOf } from "@beemesh/wire";
import { Following, namespaceOfName } from "./following.ts";

function open(held: readonly CollectionId[] = []) {
  const brought: CollectionId[][] = [];
  const followed: CollectionId[] = [];
  const following = new Following({
    follow: (collection) => followed.push(collection),
    bring: (collections) => {
      brought.push([...collections]);
      return Promise.resolve();
    },
    holds: (collection) => held.includes(collection),
    namespaces: () => ["default", "shop"],
  });
  return { following, brought, followed };
}

const pod = { uid: "u1", namespace: "shop" };

describe("Following", () => {
  test("brings what names and routes of a namespace are made of", async () => {
    const { following, brought } = open();
    await following.bring(pod, { kind: "services", namespace: "db" });
    assert.deepEqual(brought, [
      [
        "namespaces/-",
        "networkpolicies.networking.k8s.io/shop",
        "services/db",
        "endpointslices.discovery.k8s.io/db",
        "pods/db",
        "externalworkloads.beemesh.io/db",
      ],
    ]);
  });

  test("brings callers with their namespace, and Services of all for an address", async () => {
    const { following, brought } = open();
    await following.bring(pod, { kind: "callers", namespace: "web" });
    await following.bring(pod, { kind: "anywhere" });
    assert(brought[0]?.includes("pods/web") && brought[0].includes("pods/shop"));
    assert.deepEqual(brought[1]?.slice(2), ["services/default", "services/shop"]);
  });

  test("waits for nothing that is here", async () => {
    const about = { kind: "callers", namespace: "shop" } as const;
    const all = [
      "namespaces/-",
      "networkpolicies.networking.k8s.io/shop",
      "pods/shop",
      "externalworkloads.beemesh.io/shop",
    ];
    const { following, brought } = open(all);
    await following.bring(pod, about);
    assert.equal(brought.length, 0);
  });

  test("knows whether others could know of more", () => {
    const spaces = collectionOf("namespaces", "");
    const all = ["default", "shop"].flatMap((name) =>
      ["services", "pods"].map((kind) => collectionOf(kind, "", name)),
    );
    assert(open([spaces, ...all]).following.isAllHere());
    assert(!open(all).following.isAllHere(), "there may be more namespaces");
    assert(!open([spaces, ...all.slice(1)]).following.isAllHere());
  });

  test("keeps what a pod asked for, until the pod is gone", async () => {
    const { following, followed } = open();
    await following.bring(pod, { kind: "services", namespace: "db" });
    following.refresh();
    assert(followed.includes("services/db"));
    followed.length = 0;
    following.forget("u1");
    following.refresh();
    assert.deepEqual(followed, []);
  });

  test("keeps so many collections of one pod, those it asked for last", async () => {
    const { following, followed } = open();
    for (let index = 0; index < 200; index += 1) {
      await following.bring(pod, { kind: "services", namespace: `n${index}` });
    }
    following.refresh();
    assert.equal(followed.length, 256);
    assert(followed.includes("services/n199") && !followed.includes("services/n0"));
  });
});

test("a name tells its namespace", () => {
  for (const [name, namespace] of [
    ["web.shop.svc.cluster.local", "shop"],
    ["web-0.web.shop.svc.cluster.local", "shop"],
    ["_http._tcp.web.shop.svc.cluster.local", "shop"],
    ["example.com", undefined],
    ["web.shop.svc.cluster.local.example.com", undefined],
  ] as const) {
    assert.equal(namespaceOfName(name), namespace);
  }
});

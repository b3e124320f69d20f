import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { Announcer } from "./announcer.ts";
import { resourceNamed } from "./resource.ts";
import { facts, Shelf } from "./shelf.test.ts";

const nowAt = (seconds: number): Now => ({
  at: instantAt(seconds * 1000),
  wallMs: Date.UTC(2026, 10, 20) + seconds * 1000,
});

describe("Announcer", () => {
  test("writes the Node once, and again only when it says something else", () => {
    const shelf = new Shelf();
    const announcer = new Announcer(shelf.store, facts);
    assert.equal(announcer.stored(), undefined);
    announcer.announce(nowAt(0));
    assert.deepEqual(shelf.take(), ["spec Node/m1", "status Node/m1"]);
    announcer.announce(nowAt(60));
    assert.deepEqual(shelf.take(), []);
    announcer.facts = { ...facts, addresses: ["/ip4/10.0.0.9/tcp/4100"] };
    announcer.announce(nowAt(120));
    assert.deepEqual(shelf.take(), ["spec Node/m1"]);
    announcer.health = { runtime: "Podman does not answer", disk: "", clock: "" };
    announcer.announce(nowAt(180));
    assert.deepEqual(shelf.take(), ["status Node/m1"]);
    assert.match(JSON.stringify(announcer.stored()?.status), /Podman does not answer/u);
  });

  test("keeps what a user wrote into the Node", () => {
    const shelf = new Shelf();
    const announcer = new Announcer(shelf.store, facts);
    announcer.announce(nowAt(0));
    const node = announcer.stored();
    assert(node, "it is announced");
    shelf.store.putSpec(resourceNamed("", "nodes"), { ...node, spec: { unschedulable: true } });
    announcer.facts = { ...facts, labels: { zone: "b" } };
    announcer.announce(nowAt(10));
    assert.deepEqual(announcer.stored()?.spec, { unschedulable: true });
    assert.equal(announcer.stored()?.metadata.labels?.["zone"], "b");
  });

  test("writes the record again that somebody deleted", () => {
    const shelf = new Shelf();
    const announcer = new Announcer(shelf.store, facts);
    announcer.announce(nowAt(0));
    shelf.store.remove(resourceNamed("", "nodes"), "", "m1");
    shelf.take();
    announcer.announce(nowAt(10));
    assert.deepEqual(shelf.take(), ["spec Node/m1", "status Node/m1"]);
  });
});

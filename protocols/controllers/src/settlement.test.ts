import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { formatStamp } from "@beemesh/wire";
import fc from "fast-check";
import {
  boundAtAnnotation,
  boundAtMs,
  type HeldPod,
  replacesAnnotation,
  settle,
} from "./settlement.ts";

interface Facts {
  readonly uid: string;
  readonly machine?: string;
  readonly replaces?: string;
  readonly boundAtMs?: number;
  readonly deleted?: boolean;
}

function record({ uid, machine, replaces, boundAtMs: atMs, deleted }: Facts): KubeObject {
  const annotations = {
    ...(replaces === undefined ? {} : { [replacesAnnotation]: replaces }),
    ...(atMs === undefined
      ? {}
      : { [boundAtAnnotation]: formatStamp({ wallMs: atMs, counter: 0, machine: "cat" }) }),
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-1",
      namespace: "default",
      uid,
      annotations,
      ...(deleted === true ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: { containers: [], ...(machine === undefined ? {} : { nodeName: machine }) },
  };
}

const mine: HeldPod = { uid: "A", machine: "ann", heldSinceMs: 1000, boundAtMs: 900 };

describe("settle", () => {
  test("keeps what the record names, or does not speak of", () => {
    assert.equal(settle(mine, record({ uid: "A", machine: "ann" })), "keep");
    assert.equal(settle(mine, record({ uid: "A" })), "keep");
    assert.equal(settle(mine, "unknown"), "keep");
  });

  test("stops at a tombstone, another machine, a new pod without replaces, a deletion", () => {
    assert.equal(settle(mine, "deleted"), "stop");
    assert.equal(settle(mine, record({ uid: "A", machine: "bob" })), "stop");
    assert.equal(settle(mine, record({ uid: "B", boundAtMs: 5000 })), "stop");
    assert.equal(
      settle(mine, record({ uid: "B", replaces: "A", boundAtMs: 5000, deleted: true })),
      "stop",
    );
  });

  test("reasserts a pod that is older than the award of its replacement", () => {
    assert.equal(settle(mine, record({ uid: "B", replaces: "A", boundAtMs: 5000 })), "reassert");
    assert.equal(settle(mine, record({ uid: "B", replaces: "A" })), "reassert");
    assert.equal(settle(mine, record({ uid: "C", replaces: "B", boundAtMs: 9000 })), "reassert");
  });

  test("reasserts what was replaced by an award of the same time, and nothing else", () => {
    const ahead = { ...mine, boundAtMs: 5000 };
    assert.equal(settle(ahead, record({ uid: "B", replaces: "A", boundAtMs: 5000 })), "reassert");
    assert.equal(settle(ahead, record({ uid: "C", replaces: "B", boundAtMs: 5000 })), "stop");
    const rebooted = { ...ahead, heldSinceMs: 5001 };
    assert.equal(settle(rebooted, record({ uid: "B", replaces: "A", boundAtMs: 5000 })), "stop");
  });

  test("stops a pod that was started anew after the award of its replacement", () => {
    const rebooted = { ...mine, heldSinceMs: 6000 };
    assert.equal(settle(rebooted, record({ uid: "B", replaces: "A", boundAtMs: 5000 })), "stop");
  });

  test("stops what has ended by itself, and so has no claim to its name", () => {
    const lost = { ...mine, heldSinceMs: undefined };
    assert.equal(settle(lost, record({ uid: "B", replaces: "A" })), "stop");
    assert.equal(settle(lost, record({ uid: "A", machine: "ann" })), "keep");
  });

  test("never lets two machines reassert against each other, whatever their clocks say", () => {
    const wallMs = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(wallMs, wallMs, wallMs, wallMs, (aBound, aHeld, bBound, bHeld) => {
        const a = record({ uid: "A", replaces: "Z", boundAtMs: aBound });
        const b = record({ uid: "B", replaces: "A", boundAtMs: bBound });
        const heldA = { uid: "A", machine: "ann", heldSinceMs: aHeld, boundAtMs: aBound };
        const heldB = { uid: "B", machine: "bob", heldSinceMs: bHeld, boundAtMs: bBound };
        const both = settle(heldA, b) === "reassert" && settle(heldB, a) === "reassert";
        assert.equal(both, false);
      }),
    );
  });
});

test("boundAtMs reads only a stamp", () => {
  assert.equal(boundAtMs(record({ uid: "A", boundAtMs: 42 }).metadata), 42);
  assert.equal(boundAtMs({ name: "x", annotations: { [boundAtAnnotation]: "soon" } }), undefined);
});

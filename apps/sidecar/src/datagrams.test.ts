/** What is held of datagrams when there are many, and nobody answers. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { datagramPacket } from "@beemesh/packets";
import { DatagramFlow } from "./datagram-flow.ts";
import { DatagramParts } from "./datagram-parts.ts";
import { Stage } from "./testing/stage.ts";

describe("DatagramFlow", () => {
  /** What a flow sends when its way opens, after it was given some sizes. */
  function kept(sizes: readonly number[]): number[] {
    const flow = new DatagramFlow();
    for (const size of sizes) flow.send(new Uint8Array(size));
    const sent: number[] = [];
    flow.open({ send: ({ length }) => void sent.push(length), close: () => {} });
    flow.send(new Uint8Array(1));
    return sent;
  }

  test("keeps a few datagrams until the way is open, in their order", () => {
    assert.deepEqual(kept([10, 20]), [10, 20, 1]);
    assert.equal(kept(Array.from({ length: 100 }, () => 10)).length, 17);
  });

  test("keeps one large datagram, and no more than some bytes of others", () => {
    assert.deepEqual(kept([65_000, 10]), [65_000, 1]);
    assert.deepEqual(kept([10_000, 10_000, 10]), [10_000, 10, 1]);
  });
});

describe("DatagramParts", () => {
  test("puts parts together, and passes a whole datagram on as it is", () => {
    const parts = new DatagramParts();
    const whole = Uint8Array.of(1);
    assert.equal(parts.add(whole, true), whole);
    assert.equal(parts.add(Uint8Array.of(1, 2), false), undefined);
    assert.equal(parts.add(Uint8Array.of(), false), undefined);
    assert.deepEqual([...(parts.add(Uint8Array.of(3), true) ?? [])], [1, 2, 3]);
    assert.deepEqual([...(parts.add(Uint8Array.of(4), true) ?? [])], [4]);
  });

  test("keeps nothing of a datagram that is too long", () => {
    const parts = new DatagramParts();
    for (let count = 0; count < 4; count += 1) parts.add(new Uint8Array(60_000), false);
    assert.equal(parts.add(new Uint8Array(1), true), undefined);
    assert.deepEqual([...(parts.add(Uint8Array.of(4), true) ?? [])], [4]);
  });
});

describe("a flood of datagrams from ever new ports", () => {
  test("holds a bounded number of flows", async () => {
    const stage = new Stage();
    try {
      const { machine, sidecar } = await stage.pod("web");
      machine.detach();
      const ends = { source: "10.1.2.3", target: "10.9.9.9", targetPort: 9 };
      for (let port = 1; port <= 5000; port += 1) {
        const payload = new Uint8Array(100);
        sidecar.takePacket(datagramPacket({ ...ends, sourcePort: port, payload }));
      }
      const held = /^beemesh_workload_flows (\d+)$/mu.exec(sidecar.meters.text())?.[1];
      assert.equal(held, "1024");
    } finally {
      stage.close();
    }
  });
});

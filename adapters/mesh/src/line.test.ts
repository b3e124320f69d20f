import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { Stream } from "@libp2p/interface";
import { newCounters } from "./counters.ts";
import { Line, type LineOptions } from "./line.ts";
import { Loopback, until } from "./loopback.ts";
import { defaultLimits } from "./options.ts";

function lineOver(stream: Stream | undefined, change: Partial<LineOptions> = {}): Line {
  return new Line({
    limits: { ...defaultLimits, stallMs: 50 },
    counters: newCounters(),
    now: () => instantAt(performance.now()),
    open: () => (stream === undefined ? undefined : Promise.resolve(stream)),
    onStalled: () => assert.fail("not stalled"),
    ...change,
  });
}

describe("a line", () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  test("is found dead if nothing comes back while it sends", async () => {
    const [mine, theirs] = await loopback.streams();
    theirs.addEventListener("message", () => undefined);
    let stalls = 0;
    const line = lineOver(mine, {
      onStalled: () => {
        stalls += 1;
      },
    });
    line.send(Buffer.from("1"));
    await until(() => stalls === 1, "it is stalled");
  });

  test("is found dead if the other side takes nothing more", async () => {
    const [mine] = await loopback.streams();
    let stalls = 0;
    const line = lineOver(mine, {
      onStalled: () => {
        stalls += 1;
        mine.abort(new Error("stalled"));
      },
    });
    for (let count = 0; count < 10; count += 1) line.send(new Uint8Array(1_000_000));
    await until(() => stalls > 0, "it is stalled");
  });

  test("is alive as long as anything comes", async () => {
    const [mine, theirs] = await loopback.streams();
    theirs.addEventListener("message", () => theirs.send(Uint8Array.of(0, 0, 0, 0)));
    const line = lineOver(mine);
    for (let round = 0; round < 5; round += 1) {
      line.send(Buffer.from("x"));
      await until(() => line.rttMs !== undefined, "the round trip is known");
    }
    assert((line.rttMs ?? 0) > 0);
    line.reset();
  });

  test("keeps what it cannot send yet", async () => {
    const counters = newCounters();
    const [mine, theirs] = await loopback.streams();
    let isUp = false;
    const received: number[] = [];
    theirs.addEventListener("message", ({ data }) => {
      received.push(data.byteLength);
      theirs.send(Uint8Array.of(0, 0, 0, 0));
    });
    const line = lineOver(undefined, {
      counters,
      open: () => (isUp ? Promise.resolve(mine) : undefined),
    });
    line.send(Buffer.from("early"));
    assert.equal(counters.sent, 0);
    isUp = true;
    line.pump();
    await until(() => received.length > 0 && counters.sent === 1, "it is sent");
    line.reset();
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Outbox } from "./effect.ts";
import { PeerRate } from "./peer-rate.ts";

test("a peer that asks too much is cut short and reported once, until it has calmed down", () => {
  const out = new Outbox();
  const rate = new PeerRate(out);
  let permitted = 0;
  for (let turn = 0; turn < 3000; turn += 1) {
    if (rate.permits("eve", 1, instantAt(turn / 10))) permitted += 1;
  }
  assert.equal(permitted, 2048);
  assert.equal(out.take().length, 1);
  assert(rate.permits("bob", 1, instantAt(301)), "others are not concerned");
  assert(rate.permits("eve", 1, instantAt(6000)));
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Refusal } from "@beemesh/workload";
import { Refusals, refusalText } from "./refusals.ts";

const pod = {
  uid: "u1",
  namespace: "shop",
  name: "web-1",
  serviceAccount: "default",
  mesh: "m",
  machine: "m1",
};
const refusal: Refusal = {
  direction: "in",
  source: "spiffe://m/ns/a/sa/b",
  target: "spiffe://m/ns/shop/sa/default",
  protocol: "tcp",
  port: 80,
  cause: "policy",
  reason: "no rule allows it",
};

function open() {
  let nowMs = 0;
  const heard = { counted: 0, logged: [] as number[], events: 0 };
  const refusals = new Refusals({
    count: () => (heard.counted += 1),
    log: (_pod, _refusal, times) => heard.logged.push(times),
    event: () => (heard.events += 1),
    nowMs: () => nowMs,
  });
  return { refusals, heard, advance: (ms: number) => (nowMs += ms) };
}

describe("Refusals", () => {
  test("tell the same once in a while, with how often it was, and count each", () => {
    const { refusals, heard, advance } = open();
    for (let times = 0; times < 5; times += 1) refusals.tell(pod, refusal);
    advance(10_000);
    refusals.tell(pod, refusal);
    assert.deepEqual(heard, { counted: 6, logged: [1, 5], events: 2 });
  });

  test("tell so many different ones of a pod only, and those of others all the same", () => {
    const { refusals, heard } = open();
    for (let port = 1; port <= 1000; port += 1) refusals.tell(pod, { ...refusal, port });
    assert.equal(heard.events, 20);
    assert.equal(heard.counted, 1000);
    refusals.tell({ ...pod, uid: "u2" }, refusal);
    assert.equal(heard.events, 21);
  });

  test("are a sentence that names both sides", () => {
    assert.equal(
      refusalText(refusal),
      "Refused tcp 80 from spiffe://m/ns/a/sa/b to spiffe://m/ns/shop/sa/default (policy): " +
        "no rule allows it",
    );
    assert.match(refusalText({ ...refusal, port: 0 }), /^Refused tcp from /u);
  });
});

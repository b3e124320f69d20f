import assert from "node:assert/strict";
import { test } from "node:test";
import { Breaker } from "./breaker.ts";

test("a breaker counts requests and connections apart, and never below nothing", () => {
  const breaker = new Breaker({ connectionsMax: 2, pendingMax: 1, requestsMax: 2 });
  breaker.finished();
  breaker.disconnected();
  breaker.started();
  assert(!breaker.isFull);
  breaker.started();
  assert(breaker.isFull && breaker.requests === 2);
  breaker.finished();
  assert(!breaker.isFull);

  assert(breaker.mayConnect);
  breaker.connecting();
  assert(!breaker.mayConnect && breaker.isFull, "one is being made");
  breaker.connected(true);
  assert(breaker.mayConnect);
  breaker.connecting();
  breaker.connected(true);
  assert(!breaker.mayConnect && !breaker.isFull, "two are open");
  breaker.disconnected();
  breaker.connecting();
  breaker.connected(false);
  assert(breaker.mayConnect, "the last attempt failed");
});

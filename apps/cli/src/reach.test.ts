import assert from "node:assert/strict";
import { test } from "node:test";
import { reachSpecOf, reachText, readReach } from "./reach.ts";

const base = { service: "redis", namespace: "", port: 6379, listenAddress: "127.0.0.1" };

test("a reach says which Service is called by which port of the machine", () => {
  const listenPort = 16_379;
  const whole = { ...base, namespace: "cache", listenPort };
  assert.deepEqual(readReach("redis.cache:6379=127.0.0.1:16379"), whole);
  assert.deepEqual(readReach("redis:6379=16379"), { ...base, listenPort });
  const sixth = readReach("redis:6379=[::1]:16379");
  assert.deepEqual(sixth, { ...base, listenAddress: "::1", listenPort });
  assert.equal(reachSpecOf(whole)["namespace"], "cache");
  const leads = "leads to redis.cache.svc.cluster.local:6379";
  assert.equal(reachText(whole, "shop"), `127.0.0.1:16379 ${leads}`);
  assert.equal(reachText(sixth, "cache"), `[::1]:16379 ${leads}`);
  assert.equal(reachSpecOf(sixth)["namespace"], undefined);
});

for (const text of ["", "redis", "redis:6379", "redis:0=1", "redis:1=70000", "a:1=b:2", "A:1=2"]) {
  test(`"${text}" is none`, () => {
    assert.throws(() => readReach(text), { code: "commander.invalidArgument" });
  });
}

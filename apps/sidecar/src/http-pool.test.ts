import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpPool } from "./http-pool.ts";

const endpoint = {
  uid: "u1",
  machine: "m1",
  namespace: "shop",
  serviceAccount: "db",
  ip: "10.0.0.1",
  port: 80,
};

test("a pool makes no connection that the breaker does not allow", async () => {
  const asked: string[] = [];
  const failure = { cause: "machine", reason: "away" } as const;
  const take = (): Promise<typeof failure> => {
    asked.push("take");
    return Promise.resolve(failure);
  };
  const pool = new HttpPool({ take });
  const balancer = {
    mayConnect: () => false,
    connecting: () => void asked.push("connecting"),
    connected: (_: string, isOpen: boolean) => void asked.push(`connected ${isOpen}`),
    disconnected: () => void asked.push("disconnected"),
  };
  assert.equal(await pool.open(endpoint, { service: "s", balancer }, ""), "full");
  assert.deepEqual(asked, []);
  const willing = { ...balancer, mayConnect: () => true };
  assert.equal(await pool.open(endpoint, { service: "s", balancer: willing }, ""), undefined);
  assert.deepEqual(asked, ["connecting", "take", "connected false"]);
  pool.close();
});

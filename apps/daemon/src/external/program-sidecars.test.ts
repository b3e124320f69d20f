import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as settled } from "node:timers/promises";
import { ProgramSidecars } from "./program-sidecars.ts";

const site = (address: string, serviceAccount = "db") => ({
  uid: "u1",
  address,
  serviceAccount,
  reaches: [],
});

/** Sidecars that only tell what they were asked for; dropping one waits for `go`. */
function stage() {
  const told: string[] = [];
  const { promise, resolve: go } = Promise.withResolvers<void>();
  const sidecars = new ProgramSidecars({
    keep: (kept) => void told.push(`keep ${kept.uid} ${"address" in kept ? kept.address : ""}`),
    drop: (uid) => {
      told.push(`drop ${uid}`);
      return promise;
    },
    sweep: () => {
      told.push("sweep");
      return Promise.resolve();
    },
  });
  return { told, go, sidecars };
}

describe("sidecars of programs", () => {
  test("stay while their program only changes what is no address", async () => {
    const { told, sidecars } = stage();
    sidecars.keep(site("127.0.0.1"));
    await settled();
    sidecars.drop("u1");
    sidecars.keep(site("127.0.0.1"));
    await settled();
    assert.deepEqual(told, ["keep u1 127.0.0.1"]);
  });

  test("are followed by others when the address changes, after they are gone", async () => {
    const { told, go, sidecars } = stage();
    sidecars.keep(site("10.0.0.1"));
    await settled();
    sidecars.keep(site("10.0.0.2"));
    await settled();
    assert.deepEqual(told, ["keep u1 10.0.0.1", "drop u1"]);
    await sidecars.sweep();
    sidecars.keep(site("10.0.0.3"));
    go();
    await settled();
    assert.deepEqual(told, ["keep u1 10.0.0.1", "drop u1", "keep u1 10.0.0.3"]);
    await sidecars.sweep();
    sidecars.drop("u1");
    await settled();
    assert.deepEqual(told.slice(3), ["sweep", "drop u1"]);
  });

  test("are followed by others when the identity changes", async () => {
    const { told, go, sidecars } = stage();
    go();
    for (const account of ["db", "other"]) {
      sidecars.keep(site("10.0.0.1", account));
      await settled();
    }
    assert.deepEqual(told, ["keep u1 10.0.0.1", "drop u1", "keep u1 10.0.0.1"]);
  });

  test("are left standing by a daemon that ends", async () => {
    const { told, sidecars } = stage();
    sidecars.keep(site("10.0.0.1"));
    await settled();
    sidecars.close();
    sidecars.drop("u1");
    await sidecars.sweep();
    await settled();
    assert.deepEqual(told, ["keep u1 10.0.0.1"]);
  });
});

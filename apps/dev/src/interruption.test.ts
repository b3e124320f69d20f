import assert from "node:assert/strict";
import { test } from "node:test";
import { unlessAborted, watchInterruption } from "./interruption.ts";

test("unlessAborted gives the outcome, or rejects at the signal", async () => {
  const controller = new AbortController();
  assert.equal(await unlessAborted(controller.signal, Promise.resolve(7)), 7);
  const never = unlessAborted(controller.signal, new Promise<void>(() => undefined));
  controller.abort(new Error("stop"));
  await assert.rejects(never, /stop/u);
  await assert.rejects(unlessAborted(controller.signal, Promise.resolve(7)), /stop/u);
});

test("watchInterruption tells once, whatever comes", async () => {
  let told = 0;
  const interruption = watchInterruption(() => {
    told += 1;
  });
  process.emit("SIGTERM");
  process.emit("SIGINT");
  await interruption.came;
  assert.equal(told, 1);
  assert.ok(interruption.signal.aborted);
  interruption.release();
});

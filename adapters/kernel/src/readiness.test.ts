import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { later, Readiness, readable, writable } from "./readiness.ts";
import { socketCalls } from "./socket-calls.ts";
import { skip, unixPair } from "./stream-pair.test.ts";

const run = promisify(execFile);

describe("readiness", { skip }, () => {
  test("is told again and again, until it is not wanted or the handle is closed", async () => {
    const [near, far] = unixPair();
    let told = 0;
    await new Promise<void>((resolve) => {
      const readiness = new Readiness(near, {
        onReady: (events) => {
          assert.equal(events, writable);
          told += 1;
          if (told === 3) readiness.watch(readable);
        },
      });
      readiness.watch(writable);
      const other = new Readiness(far, {
        onReady: () => {
          if (told < 3) return;
          // Closing within the callback of the handle that is closed.
          other.close();
          other.close();
          readiness.close();
          resolve();
        },
      });
      other.watch(writable);
    });
    assert.equal(told, 3);
    socketCalls().close(near);
    socketCalls().close(far);
  });

  test("refuses what cannot be watched", () => {
    const watcher = { onReady: () => {} };
    assert.throws(() => new Readiness(1_000_000, watcher), { code: "kernel-refused" });
  });

  test("lets promises go on that a callback has settled", async () => {
    const [near, far] = unixPair();
    await new Promise<void>((resolve) => {
      const readiness = new Readiness(near, {
        onReady: () => {
          readiness.close();
          resolve();
        },
      });
      readiness.watch(writable);
    });
    socketCalls().close(near);
    socketCalls().close(far);
  });

  test("reports what a callback throws as Node does, and goes on", async () => {
    const path = join(import.meta.dirname, "readiness.ts");
    const libc = join(import.meta.dirname, "libc.ts");
    const code = `
      const { Readiness, writable, later } = await import(${JSON.stringify(path)});
      const { libc } = await import(${JSON.stringify(libc)});
      const datagrams = libc().socket(1, 2, 0);
      let count = 0;
      process.on("uncaughtException", (error) => {
        console.log(error.message);
        if (error.message === "third") process.exit();
      });
      const readiness = new Readiness(datagrams, { onReady: () => {
        count += 1;
        if (count === 1) throw new Error("first");
        readiness.close();
        later(() => { throw new Error("second"); });
        later(() => { throw new Error("third"); });
      } });
      readiness.watch(writable);`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code]);
    assert.match(stdout, /first\nsecond\nthird\n/u);
  });

  test("does what is to be done later in order, and not now", async () => {
    const done: number[] = [];
    later(() => done.push(1));
    later(() => done.push(2));
    assert.deepEqual(done, []);
    await new Promise<void>((resolve) => later(resolve));
    assert.deepEqual(done, [1, 2]);
  });
});

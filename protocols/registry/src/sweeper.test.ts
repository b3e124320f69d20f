import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { strayStatusMs, sweepEveryMs, tombstoneMsMax } from "./limits.ts";
import { LossyNetwork } from "./lossy-network.test.ts";

const names = ["ann", "bob", "cyd"];
const dayMs = 86_400_000;

function bodyOf(uid: string): string {
  return JSON.stringify({ metadata: { uid } });
}

describe("Sweeper", () => {
  test("drops deletions everywhere after their time, and they do not come back", () => {
    const network = new LossyNetwork({ seed: 1, names });
    network.write("ann", "pods/default:web", "{}");
    network.write("bob", "pods/default:kept", "{}");
    network.run(1000);
    network.write("ann", "pods/default:web", "");
    // A jump of the clock: nothing else happens in these days.
    network.run(1000);
    network.skip(tombstoneMsMax - dayMs / 24);
    network.run(5000);
    assert.equal(network.contents("cyd").size, 2);
    network.skip(dayMs / 12);
    network.run(3 * sweepEveryMs);
    for (const name of names) {
      assert.deepEqual(
        [...network.contents(name).values()].map((entry) => entry.name),
        ["kept"],
      );
      assert.equal(network.machine(name).disk.size, 1);
    }
  });

  test("drops the statuses of objects that were replaced, and keeps the others", () => {
    const network = new LossyNetwork({ seed: 2, names });
    const status = (uid: string): void => {
      const key = { collection: "pods/default", name: "web", part: `status:${uid}` } as const;
      network.step("bob", { kind: "write", ...key, body: '{"status":{}}' });
    };
    network.write("ann", "pods/default:web", bodyOf("u1"));
    status("u1");
    network.run(1000);
    network.write("ann", "pods/default:web", bodyOf("u2"));
    status("u2");
    status("u3");
    network.run(strayStatusMs - 2000);
    assert.equal(network.contents("cyd").size, 4);
    network.run(3 * sweepEveryMs);
    for (const name of names) {
      const parts = [...network.contents(name).values()].map(({ part }) => part).toSorted();
      assert.deepEqual(parts, ["spec", "status:u2"]);
    }
  });

  test("waits for the object of a status, but not for ever", () => {
    const network = new LossyNetwork({ seed: 3, names });
    const key = { collection: "pods/default", name: "web", part: "status:u1" } as const;
    network.step("bob", { kind: "write", ...key, body: '{"status":{}}' });
    network.run(strayStatusMs - sweepEveryMs);
    assert.equal(network.contents("ann").size, 1);
    network.run(4 * sweepEveryMs);
    assert.equal(network.contents("ann").size, 0);
  });
});

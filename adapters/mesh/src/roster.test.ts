import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import type { Connection } from "@libp2p/interface";
import { Roster } from "./roster.ts";

/** As much of a connection as the roster looks at. */
class FakeConnection extends EventTarget {
  status = "open";
  readonly remotePeer = { toString: () => "mid" };

  close(): Promise<void> {
    this.status = "closed";
    this.dispatchEvent(new Event("close"));
    return Promise.resolve();
  }

  static make(): Connection & FakeConnection {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that is looked at
    return new FakeConnection() as unknown as Connection & FakeConnection;
  }
}

function setup(self: string): { readonly roster: Roster; readonly heard: string[] } {
  const heard: string[] = [];
  const roster = new Roster({
    self: () => self,
    onConnected: () => heard.push("connected"),
    onDisconnected: () => heard.push("disconnected"),
    onMoved: () => heard.push("moved"),
  });
  return { roster, heard };
}

describe("a roster", () => {
  test("says once that a peer is connected, and once that it is not", async () => {
    const { roster, heard } = setup("low");
    const [first, second] = [FakeConnection.make(), FakeConnection.make()];
    roster.add(first);
    roster.add(second);
    assert.equal(roster.get("mid"), second, "the newest is used");
    assert(roster.has(first));
    await second.close();
    assert.equal(roster.get("mid"), first);
    await first.close();
    assert.deepEqual(heard, ["connected", "moved", "disconnected"]);
    assert.deepEqual(roster.peers(), []);
  });

  test("closes what is replaced, the lower peer ID soon, the other late", async () => {
    for (const [self, delayMs] of [
      ["low", 1000],
      ["top", 10_000],
    ] as const) {
      mock.timers.enable({ apis: ["setTimeout"] });
      const { roster, heard } = setup(self);
      const [first, second] = [FakeConnection.make(), FakeConnection.make()];
      roster.add(first);
      roster.add(second);
      mock.timers.tick(delayMs - 1);
      assert.equal(first.status, "open");
      mock.timers.tick(1);
      assert.equal(first.status, "closed");
      assert.equal(second.status, "open");
      assert.deepEqual(heard, ["connected", "moved"]);
      roster.close();
      mock.timers.reset();
    }
  });

  test("keeps the replaced one if the newer has closed meanwhile", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const { roster } = setup("low");
    const [first, second] = [FakeConnection.make(), FakeConnection.make()];
    roster.add(first);
    roster.add(second);
    await second.close();
    mock.timers.tick(20_000);
    assert.equal(first.status, "open");
    mock.timers.reset();
  });

  test("takes no connection that has closed already", async () => {
    const { roster, heard } = setup("low");
    const closed = FakeConnection.make();
    await closed.close();
    roster.add(closed);
    assert.deepEqual(heard, []);
  });
});

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { instantAt, seededRandom } from "@beemesh/base";
import { Redialer } from "./redialer.ts";

interface World {
  readonly redialer: Redialer;
  /** When each dial began, and to which addresses. */
  readonly dials: { readonly atMs: number; readonly addresses: readonly string[] }[];
  readonly connected: Set<string>;
  /** Lets time pass, millisecond by millisecond. */
  readonly pass: (ms: number) => Promise<void>;
}

async function inWorld(reachable: () => boolean, live: (world: World) => Promise<void>) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let nowMs = 0;
  const dials: World["dials"] = [];
  const connected = new Set<string>();
  const redialer = new Redialer({
    random: seededRandom(1),
    now: () => instantAt(nowMs),
    isConnected: (peer) => connected.has(peer),
    dial: (peer, addresses) => {
      dials.push({ atMs: nowMs, addresses });
      if (!reachable()) return Promise.resolve(undefined);
      connected.add(peer ?? "found");
      return Promise.resolve({ peer: peer ?? "found", address: addresses.at(-1) ?? "" });
    },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step += 10) {
      nowMs += 10;
      mock.timers.tick(10);
      await Promise.resolve().then(() => undefined);
    }
  };
  try {
    await live({ redialer, dials, connected, pass });
  } finally {
    redialer.close();
    mock.timers.reset();
  }
}

const no = (): boolean => false;
const yes = (): boolean => true;

test("a peer that is lost is dialled at 250 ms, 500 ms, and then each second", () =>
  inWorld(no, async ({ redialer, dials, pass }) => {
    redialer.remember("ann", ["/a"], true);
    await pass(20);
    dials.length = 0;
    redialer.onDisconnected("ann");
    await pass(4000);
    const [first = 0, ...rest] = dials.map(({ atMs }) => atMs);
    assert(first <= 280);
    assert.deepEqual(
      rest.slice(0, 3).map((atMs, index) => Math.round((atMs - (dials[index]?.atMs ?? 0)) / 100)),
      [5, 10, 10],
    );
  }));

test("a peer that is connected is left alone, and found again when it is lost", () =>
  inWorld(yes, async ({ redialer, dials, connected, pass }) => {
    redialer.remember("ann", ["/a"], true);
    await pass(5000);
    assert.equal(dials.length, 1);
    connected.delete("ann");
    redialer.onDisconnected("ann");
    await pass(300);
    assert.equal(dials.length, 2);
  }));

test("every address gets its turn, the newest each time", () =>
  inWorld(no, async ({ redialer, dials, pass }) => {
    redialer.remember("ann", ["/a", "/b", "/c"], true);
    await pass(3000);
    assert(dials.every(({ addresses }) => addresses[0] === "/a"));
    assert(new Set(dials.flatMap(({ addresses }) => addresses)).size === 3);
    redialer.remember("ann", ["/d"], true);
    await pass(20);
    assert.equal(dials.at(-1)?.addresses[0], "/d");
  }));

test("an address without a peer is dialled, and its peer looked for when it is lost", () =>
  inWorld(yes, async ({ redialer, dials, connected, pass }) => {
    redialer.rememberAddress("/a");
    await pass(20);
    connected.clear();
    redialer.onDisconnected("found");
    await pass(300);
    assert.equal(dials.length, 2);
  }));

test("who was only heard of is given up, who is forgotten at once", () =>
  inWorld(no, async ({ redialer, dials, pass }) => {
    redialer.remember("ann", ["/a"], false);
    await pass(700_000);
    const count = dials.length;
    redialer.remember("bob", ["/b"], true);
    await pass(20);
    redialer.forget("bob");
    await pass(100_000);
    assert.equal(dials.length, count + 1);
  }));

test("all are tried at once when the network comes back", () =>
  inWorld(no, async ({ redialer, dials, pass }) => {
    redialer.remember("ann", ["/a"], true);
    await pass(120_000);
    const count = dials.length;
    redialer.wakeAll();
    await pass(20);
    assert.equal(dials.length, count + 1);
  }));

test("the address that worked is tried first from then on", () =>
  inWorld(yes, async ({ redialer, dials, connected, pass }) => {
    redialer.remember("ann", ["/a", "/b"], true);
    await pass(20);
    connected.clear();
    redialer.onDisconnected("ann");
    await pass(300);
    assert.deepEqual(
      dials.map(({ addresses }) => addresses[0]),
      ["/a", "/b"],
    );
  }));

test("when one lost peer is back, the others are tried at once", () =>
  inWorld(no, async ({ redialer, dials, pass }) => {
    redialer.remember("ann", ["/a"], true);
    redialer.remember("bob", ["/b"], true);
    await pass(120_000);
    dials.length = 0;
    redialer.onConnected("ann");
    await pass(20);
    assert(dials.some(({ addresses }) => addresses[0] === "/b"));
  }));

test("however many are lost for long, one of them is tried each second", () =>
  inWorld(no, async ({ redialer, dials, pass }) => {
    for (const name of ["ann", "bob", "cid"]) redialer.remember(name, [`/${name}`], true);
    await pass(300_000);
    dials.length = 0;
    await pass(60_000);
    assert(dials.length >= 60 && dials.length <= 72, String(dials.length));
    assert.equal(new Set(dials.map(({ addresses }) => addresses[0])).size, 3);
  }));

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { after, instantAt, type Now, seededRandom } from "@beemesh/base";
import { formatStamp, type PeerId } from "@beemesh/wire";
import type { RegistryEffect } from "./event.ts";
import { Feeds } from "./feed.ts";
import { type Held, hold } from "./held.ts";
import {
  feedLogMax,
  followedPerPeerMax,
  followersMax,
  gatherMs,
  subscriptionMs,
} from "./limits.ts";
import type { FeedPosition, RegistryMessage } from "./message.ts";
import { Placement } from "./placement.ts";
import { Repair } from "./repair.ts";
import { Sharing } from "./sharing.ts";
import { Library } from "./shelf.ts";

const collection = "pods/default";

function at(ms: number): Now {
  return { at: after(instantAt(0), ms), wallMs: ms };
}

function heldOf(name: string, wallMs = 1): Held {
  const stamp = formatStamp({ wallMs, counter: 0, machine: "me" });
  const key = { collection, name, part: "spec" } as const;
  return hold({ ...key, stamp, author: "me", body: "{}", signature: "s" });
}

describe("Feeds", () => {
  let effects: RegistryEffect[];
  let library: Library;
  let placement: Placement;
  let feeds: Feeds;
  let clockMs: number;

  beforeEach(() => {
    effects = [];
    clockMs = 0;
    library = new Library();
    placement = new Placement("me", 1);
    const emit = (effect: RegistryEffect): number => effects.push(effect);
    const random = seededRandom(1);
    const shared = { self: "me", library, placement, random, emit };
    const sharing = new Sharing({ ...shared, isFollowed: () => false });
    const repair = new Repair({ ...shared, sharing });
    feeds = new Feeds({ ...shared, repair });
  });

  function subscribe(from: PeerId, position: Partial<FeedPosition> = {}, ms = 0): void {
    const message = { k: "r.sub", c: collection, e: 0, s: 0, f: 0, n: 0, ...position } as const;
    feeds.subscribe(from, message, at(ms));
  }

  function write(name: string, wallMs = 1): void {
    const held = heldOf(name, wallMs);
    library.put(held);
    feeds.changed(held);
  }

  function flush(): void {
    clockMs += gatherMs;
    feeds.flush(at(clockMs));
  }

  function heard(peer: PeerId): RegistryMessage[] {
    const messages = effects.flatMap((effect) =>
      effect.kind === "send" && effect.to === peer ? [effect.message] : [],
    );
    effects = [];
    return messages;
  }

  function startOf(peer: PeerId): RegistryMessage & { k: "r.start" } {
    const start = heard(peer).find((message) => message.k === "r.start");
    assert(start !== undefined && start.k === "r.start");
    return start;
  }

  test("starts a follower at the present, and offers what it lacks", () => {
    library.put(heldOf("old"));
    subscribe("ann");
    assert.deepEqual(
      heard("ann").map(({ k }) => k),
      ["r.start", "r.range"],
    );
  });

  test("tells every change once, in order, together with others of the same step", () => {
    subscribe("ann");
    const { s } = startOf("ann");
    for (const name of ["a", "b"]) write(name);
    flush();
    flush();
    const [change, ...more] = heard("ann");
    assert(change?.k === "r.change");
    assert.deepEqual([change.s, change.x.map(({ name }) => name)], [s, ["a", "b"]]);
    assert.deepEqual(more, []);
  });

  test("tells at once after a rest, and gathers what comes soon after", () => {
    subscribe("ann");
    const { s } = startOf("ann");
    write("a");
    feeds.flush(at(100));
    assert.deepEqual(
      heard("ann").map(({ k }) => k),
      ["r.change"],
    );
    for (const name of ["b", "c"]) {
      write(name);
      feeds.flush(at(101));
    }
    assert.deepEqual(heard("ann"), []);
    assert.equal(feeds.wakeAt, at(100 + gatherMs).at);
    feeds.flush(at(100 + gatherMs));
    const [change] = heard("ann");
    assert(change?.k === "r.change");
    assert.deepEqual([change.s, change.t, change.x.length], [s + 1, s + 3, 2]);
    assert.equal(feeds.wakeAt, undefined);
  });

  test("tells only the last of several changes of one record", () => {
    subscribe("ann");
    const { s } = startOf("ann");
    for (const [name, wallMs] of [
      ["a", 1],
      ["b", 1],
      ["a", 2],
      ["c", 1],
      ["c", 2],
    ] as const) {
      write(name, wallMs);
    }
    flush();
    const [change, ...more] = heard("ann");
    assert(change?.k === "r.change");
    assert.deepEqual([change.s, change.t], [s, s + 5]);
    assert.deepEqual(
      change.x.map(({ name }) => name),
      ["b", "a", "c"],
    );
    assert.deepEqual(more, []);
  });

  test("resumes from the log, and not from another epoch or too long ago", () => {
    subscribe("ann");
    const { e, s } = startOf("ann");
    for (const name of ["a", "b", "c"]) write(name);
    flush();
    heard("ann");
    subscribe("ann", { e, s: s + 1 });
    const [change] = heard("ann");
    assert(change?.k === "r.change");
    assert.deepEqual([change.s, change.x.map(({ name }) => name)], [s + 1, ["b", "c"]]);
    subscribe("ann", { e: e + 1, s });
    assert.equal(heard("ann")[0]?.k, "r.start");
    for (let index = 0; index < 3 * feedLogMax; index += 1) write(`web-${index}`);
    flush();
    heard("ann");
    subscribe("ann", { e, s });
    assert.equal(heard("ann")[0]?.k, "r.start");
    subscribe("ann", { e, s: s + 100_000 });
    assert.equal(heard("ann")[0]?.k, "r.start");
  });

  test("says that nothing is new, and repairs a copy that differs", () => {
    subscribe("ann");
    const { e, s, f, n } = startOf("ann");
    subscribe("ann", { e, s, f, n });
    assert.deepEqual(heard("ann"), [{ k: "r.change", c: collection, e, s, t: s, x: [], f, n }]);
    subscribe("ann", { e, s, f: 1, n: 1 });
    assert.deepEqual(
      heard("ann").map(({ k }) => k),
      ["r.change", "r.range"],
    );
  });

  test("sends followers away when it is no keeper, or has become none", () => {
    subscribe("ann");
    heard("ann");
    const others = Array.from({ length: 30 }, (_, index) => `machine-${index}`);
    const changed = placement.setAlive(others, instantAt(0));
    assert(!placement.isKept(collection), "the other machines are many");
    feeds.keepersChanged(changed);
    assert.deepEqual(heard("ann"), [{ k: "r.not-kept", c: collection }]);
    write("late");
    flush();
    assert.deepEqual(heard("ann"), []);
    subscribe("ann");
    assert.deepEqual(heard("ann"), [{ k: "r.not-kept", c: collection }]);
  });

  test("forgets who is silent, and who unsubscribes", () => {
    for (const peer of ["ann", "bob", "cyd"]) subscribe(peer);
    subscribe("ann", {}, subscriptionMs / 2);
    feeds.unsubscribe("cyd", collection);
    feeds.sweep(at(subscriptionMs));
    effects = [];
    write("web");
    flush();
    const told = effects.flatMap((effect) => (effect.kind === "send" ? [effect.to] : []));
    assert.deepEqual(told, ["ann"]);
  });

  test("takes so many followers of a collection, and collections of a follower", () => {
    for (let index = 0; index < followersMax; index += 1) subscribe(`peer-${index}`);
    effects = [];
    subscribe("one-more");
    assert.deepEqual(effects, []);
    for (let index = 0; index < followedPerPeerMax; index += 1) {
      subscribe("eve", { c: `pods/ns-${index}` });
    }
    effects = [];
    subscribe("eve", { c: "pods/one-more" });
    assert.deepEqual(effects, []);
    feeds.unsubscribe("eve", "pods/ns-0");
    subscribe("eve", { c: "pods/one-more" });
    assert.equal(heard("eve")[0]?.k, "r.start");
  });
});

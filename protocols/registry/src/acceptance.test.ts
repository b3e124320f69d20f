import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { type Entry, entryText, formatStamp, type UnsignedEntry } from "@beemesh/wire";
import { Acceptance } from "./acceptance.ts";
import { HybridClock } from "./clock.ts";
import type { RegistryEffect } from "./event.ts";
import { hold } from "./held.ts";
import { entryBytesMax, fosteredMax, stampAheadMsMax, tombstoneMsMax } from "./limits.ts";
import { signatureOf, trustingVerifier } from "./lossy-network.test.ts";
import { Library } from "./shelf.ts";

const wallMs = 1_800_000_000_000;
const now: Now = { at: instantAt(0), wallMs };

function unsigned(change: Partial<UnsignedEntry> & { atMs?: number } = {}): UnsignedEntry {
  const { atMs = wallMs, ...rest } = change;
  const author = rest.author ?? "ann";
  return {
    collection: "pods/default",
    name: "web",
    part: "spec",
    stamp: formatStamp({ wallMs: atMs, counter: 0, machine: author }),
    author,
    body: "{}",
    ...rest,
  };
}

function signed(change: Partial<UnsignedEntry> & { atMs?: number } = {}): Entry {
  const entry = unsigned(change);
  return { ...entry, signature: signatureOf(entryText(entry), entry.author) };
}

describe("Acceptance", () => {
  let library: Library;
  let effects: RegistryEffect[];
  let acceptance: Acceptance;
  let verified: number;
  let isRetained: boolean;
  /** Versions that are asked about, by name; those say what newer ones lack. */
  let saysMore: ReadonlySet<string>;

  beforeEach(() => {
    library = new Library();
    effects = [];
    verified = 0;
    isRetained = true;
    saysMore = new Set();
    acceptance = new Acceptance({
      library,
      clock: new HybridClock({ self: "me" }),
      verifier: {
        verify: (text, signature, author) => {
          verified += 1;
          return trustingVerifier.verify(text, signature, author);
        },
        mayAuthor: (author, namespace) => author !== "eve" || namespace === "eden",
      },
      isKnown: (author) => author !== "stranger",
      isLate: (_, { entry }) => saysMore.has(entry.name),
      isRetained: () => isRetained,
      hold: (entry) => hold(entry),
      emit: (effect) => effects.push(effect),
    });
  });

  function sift(...entries: readonly Entry[]): { accepted: number; ids: number; newer: number } {
    const { accepted, ids, newer } = acceptance.sift("bob", entries, now);
    for (const held of accepted) library.put(held);
    return { accepted: accepted.length, ids: ids.length, newer: newer.length };
  }

  function penalties(): readonly string[] {
    return effects.flatMap((effect) => (effect.kind === "penalize" ? [effect.reason] : []));
  }

  test("takes what is signed by an author with authority", () => {
    assert.deepEqual(sift(signed()), { accepted: 1, ids: 1, newer: 0 });
    assert.equal(sift(signed({ author: "eve", collection: "pods/eden" })).accepted, 1);
    assert.deepEqual(effects, []);
  });

  for (const [reason, entry] of [
    ["entry-forged", { ...signed(), body: '{"other":1}' }],
    ["entry-forged", { ...signed(), signature: signatureOf("another text", "ann") }],
    ["entry-not-authorized", signed({ author: "eve" })],
    ["entry-not-authorized", signed({ author: "eve", collection: "nodes/-" })],
    ["entry-foreign-stamp", signed({ stamp: formatStamp({ wallMs, counter: 0, machine: "bob" }) })],
    ["entry-oversized", signed({ body: "\u3042".repeat(entryBytesMax / 2) })],
  ] as const) {
    test(`refuses and penalizes: ${reason}`, () => {
      assert.deepEqual(sift(entry), { accepted: 0, ids: 0, newer: 0 });
      assert.deepEqual(penalties(), [reason]);
      assert(effects.some((effect) => effect.kind === "observe"));
    });
  }

  test("stops at the first offence, so that a flood of forgeries costs one check a message", () => {
    const forged = Array.from({ length: 1000 }, (_, index) => ({
      ...signed({ name: `web-${index}` }),
      signature: "forged",
    }));
    assert.equal(sift(...forged).accepted, 0);
    assert.equal(verified, 1);
    assert.equal(penalties().length, 1);
  });

  test("ignores what is replayed, says that it is held, and gives back what is newer", () => {
    const old = signed({ atMs: wallMs - 10 });
    sift(signed());
    verified = 0;
    assert.deepEqual(sift(old), { accepted: 0, ids: 1, newer: 1 });
    assert.deepEqual(sift(signed()), { accepted: 0, ids: 1, newer: 0 });
    assert.equal(verified, 0, "nothing old costs a check");
    assert.deepEqual(penalties(), []);
  });

  test("refuses a stamp from the future without a penalty, for a clock may be wrong", () => {
    assert.equal(sift(signed({ atMs: wallMs + stampAheadMsMax })).accepted, 1);
    const early = signed({ name: "early", atMs: wallMs + stampAheadMsMax + 1 });
    assert.deepEqual(sift(early), { accepted: 0, ids: 0, newer: 0 });
    assert.deepEqual(penalties(), []);
  });

  test("does not learn the time from a stamp that nobody answers for", () => {
    const clock = new HybridClock({ self: "me" });
    const isKnown = (): boolean => true;
    const isAlways = { isRetained: isKnown, isKnown, isLate: () => false };
    const options = { library, clock, verifier: trustingVerifier, ...isAlways, hold };
    const door = new Acceptance({ ...options, emit: () => {} });
    const ahead = signed({ atMs: wallMs + 1000 });
    door.sift("bob", [{ ...ahead, signature: "forged" }], now);
    assert.equal(clock.meshMs(now), wallMs);
    door.sift("bob", [ahead], now);
    assert.equal(clock.meshMs(now), wallMs + 1000);
  });

  test("takes the newer of two versions in one message, in either order", () => {
    const [older, newer] = [signed({ atMs: wallMs - 1 }), signed()];
    const forwards = acceptance.sift("bob", [older, newer], now).accepted;
    const backwards = acceptance.sift("bob", [newer, older], now).accepted;
    assert.deepEqual(forwards, backwards);
    assert.deepEqual(
      forwards.map(({ entry }) => entry),
      [newer],
    );
  });

  test("takes an older version that says more only by whoever signed it", () => {
    library.put(hold(signed({ name: "map" })));
    const older = signed({ name: "map", atMs: wallMs - 1 });
    assert.deepEqual(acceptance.sift("bob", [older], now).late, []);
    assert.equal(verified, 0);
    saysMore = new Set(["map"]);
    const sifted = acceptance.sift("bob", [older], now);
    assert.deepEqual(
      sifted.late.map(({ entry }) => entry),
      [older],
    );
    assert.deepEqual([sifted.accepted.length, sifted.ids.length, sifted.newer.length], [0, 1, 1]);
    assert.equal(verified, 1);
    const forged = acceptance.sift("bob", [{ ...older, body: "[]" }], now);
    assert.deepEqual([forged.late.length, forged.ids.length], [0, 0]);
    assert.equal(penalties().length, 1);
  });

  test("keeps what the older one of two versions in one message says more", () => {
    const [older, newer] = [signed({ atMs: wallMs - 1 }), signed()];
    saysMore = new Set(["web"]);
    for (const message of [
      [older, newer],
      [newer, older],
    ]) {
      const { accepted, late, ids } = acceptance.sift("bob", message, now);
      assert.deepEqual([accepted[0]?.entry, late[0]?.entry], [newer, older]);
      assert.equal(ids.length, 2);
    }
  });

  test("acknowledges an expired deletion of what it does not hold, and keeps nothing", () => {
    const expired = signed({ body: "", atMs: wallMs - tombstoneMsMax - 1 });
    assert.deepEqual(sift(expired), { accepted: 0, ids: 1, newer: 0 });
    library.put(hold(signed({ atMs: wallMs - tombstoneMsMax - 2 })));
    assert.equal(sift(expired).accepted, 1, "what it deletes is deleted");
  });

  test("does not take garbage statuses back", () => {
    const longAgo = wallMs - 3_600_000;
    library.put(hold(signed({ body: '{"metadata":{"uid":"b"}}', atMs: longAgo })));
    assert.equal(sift(signed({ part: "status:a", atMs: longAgo })).accepted, 0);
    assert.equal(sift(signed({ part: "status:a" })).accepted, 1, "it is not old yet");
    assert.equal(sift(signed({ part: "status:b", atMs: longAgo })).accepted, 1);
  });

  test("takes only so much that this machine has no reason to hold", () => {
    isRetained = false;
    const many = Array.from({ length: fosteredMax + 10 }, (_, index) =>
      signed({ name: `web-${index}` }),
    );
    assert.equal(sift(...many).accepted, fosteredMax);
    acceptance.fostered = 0;
    assert.equal(sift(signed({ name: "later" })).accepted, 1);
  });
});

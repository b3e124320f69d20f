import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import { newsMax, uidLengthMax } from "./limits.ts";
import {
  isUid,
  messageLimits,
  parseWatchMessage,
  readWatchMessage,
  type Statement,
  type WatchMessage,
  watchMessageText,
} from "./message.ts";

const good: readonly WatchMessage[] = [
  { k: "ping", n: [] },
  { k: "ping", n: [["u1", 1, 3]] },
  { k: "ask", u: "u1", n: [["u2", 2, 0]] },
  { k: "told", u: "u1", ok: false, n: [["u2", 0, 2 ** 47]] },
];

const many = Array.from({ length: newsMax + 1 }, (): Json => ["u1", 0, 0]);

const bad: readonly Json[] = [
  null,
  [],
  {},
  { k: "ping" },
  { k: "pong", u: "u1", n: [] },
  { k: "ping", n: many },
  { k: "ping", n: [["u1", 3, 0]] },
  { k: "ping", n: [["u1", 1, -1]] },
  { k: "ping", n: [["u1", 1, 0.5]] },
  { k: "ping", n: [["u1", 1, 2 ** 48]] },
  { k: "ping", n: [["u 1", 1, 0]] },
  { k: "ping", n: ["u1"] },
  { k: "ask", n: [] },
  { k: "ask", u: "u".repeat(uidLengthMax + 1), n: [] },
  { k: "told", u: "u1", n: [] },
];

describe("messages of watches", () => {
  for (const message of good)
    test(`are read: ${JSON.stringify(message)}`, () => {
      assert.deepEqual(parseWatchMessage(watchMessageText(message)), message);
    });

  for (const message of bad)
    test(`are refused: ${JSON.stringify(message).slice(0, 60)}`, () => {
      assert.equal(readWatchMessage(message), undefined);
      assert.equal(parseWatchMessage(JSON.stringify(message)), undefined);
    });

  test("survive any text and any JSON", () => {
    fc.assert(fc.property(fc.string(), (text) => parseWatchMessage(text) === undefined));
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: Json = JSON.parse(JSON.stringify(value));
        return readWatchMessage(json) === undefined;
      }),
    );
  });

  test("fit their limit when they are as long as they can be", () => {
    const uid = "u".repeat(uidLengthMax);
    const n = Array.from({ length: newsMax }, (): Statement => [uid, 2, 2 ** 48 - 1]);
    const text = watchMessageText({ k: "told", u: uid, ok: false, n });
    assert(text.length <= messageLimits.lengthMax, `${text.length}`);
    assert(isUid(uid) && !isUid(`${uid}u`));
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { at } from "./market.test.ts";
import { NonceWindow, newNonce, skewMsMax } from "./nonce-window.ts";

describe("NonceWindow", () => {
  test("lets a message through once", () => {
    const window = new NonceWindow();
    assert(window.admit("a", at(0).wallMs, at(0)));
    assert(!window.admit("a", at(0).wallMs, at(10)));
    assert(window.admit("b", at(0).wallMs, at(10)));
  });

  test("refuses what is older or newer than clocks can differ", () => {
    const window = new NonceWindow();
    assert(!window.admit("a", at(0).wallMs, at(skewMsMax + 1)));
    assert(!window.admit("a", at(skewMsMax + 1).wallMs, at(0)));
    assert(window.admit("a", at(0).wallMs, at(skewMsMax)));
  });

  test("no message is let through twice, however late it is repeated", () => {
    const window = new NonceWindow();
    const sentAt = at(skewMsMax).wallMs;
    assert(window.admit("a", sentAt, at(0)), "a clock that is ahead");
    for (let ms = 0; ms < 4 * skewMsMax; ms += 1000) {
      window.admit(`other-${ms}`, at(ms).wallMs, at(ms));
      assert(!window.admit("a", sentAt, at(ms)), `after ${ms} ms`);
    }
  });
});

test("newNonce gives another one each time", () => {
  const random = seededRandom(1);
  const nonces = new Set(Array.from({ length: 1000 }, () => newNonce(random)));
  assert.equal(nonces.size, 1000);
});

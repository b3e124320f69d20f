import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import fc from "fast-check";
import { type Attempt, isRetriedStatus, mayRetry, retryDelayMs, triesMax } from "./retry.ts";

const attempt: Attempt = {
  method: "GET",
  isSent: true,
  isReplayable: true,
  isUpgrade: false,
  tries: 1,
  triesMax,
};

describe("mayRetry (RFC 9110, section 9.2.2)", () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
    test(`${method} may be sent twice`, () => {
      for (const failure of ["reset", "timeout", 502, 503, 504] as const) {
        assert(mayRetry({ ...attempt, method }, failure));
      }
    });

  for (const method of ["POST", "PATCH", "CONNECT", "get", "LOCK"])
    test(`${method} may not, unless it was never sent`, () => {
      assert(!mayRetry({ ...attempt, method }, "reset"));
      assert(mayRetry({ ...attempt, method, isSent: false }, "connect"));
    });

  test("an answer of the application is none to try again for", () => {
    for (const status of [200, 404, 500, 501]) assert(!mayRetry(attempt, status));
    assert(isRetriedStatus(503) && !isRetriedStatus(500));
  });

  test("neither is a body that is gone, an upgrade, or a third failure", () => {
    assert(!mayRetry({ ...attempt, isReplayable: false }, "reset"));
    assert(!mayRetry({ ...attempt, isReplayable: false, isSent: false }, "connect"));
    assert(!mayRetry({ ...attempt, isUpgrade: true }, "reset"));
    assert(!mayRetry({ ...attempt, tries: triesMax }, "reset"));
    assert(!mayRetry({ ...attempt, isSent: false, tries: triesMax }, "connect"));
  });
});

describe("retryDelayMs", () => {
  const wait = { isSent: true, failure: 503, tries: 1, retryAfter: "" } as const;

  test("waits longer each time, and never as long as another", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 9 }), (seed, tries) => {
        const delayMs = retryDelayMs({ ...wait, tries }, seededRandom(seed)) ?? -1;
        const usualMs = Math.min(25 * 2 ** (tries - 1), 250);
        assert(delayMs >= usualMs / 2 && delayMs <= usualMs * 1.5 + 1, `${tries}: ${delayMs}`);
      }),
    );
  });

  test("does as an answer asks, for two seconds at most", () => {
    const random = seededRandom(1);
    assert.equal(retryDelayMs({ ...wait, retryAfter: "2" }, random), 2000);
    assert.equal(retryDelayMs({ ...wait, retryAfter: "3" }, random), undefined);
    assert(
      (retryDelayMs({ ...wait, retryAfter: "Sat, 28 Nov 2026 20:00:00 GMT" }, random) ?? 0) > 0,
    );
  });

  test("asks again after a 429 only if it was told when", () => {
    const random = seededRandom(1);
    assert.equal(retryDelayMs({ ...wait, failure: 429 }, random), undefined);
    assert.equal(retryDelayMs({ ...wait, failure: 429, retryAfter: "1" }, random), 1000);
    assert(mayRetry(attempt, 429) && !isRetriedStatus(429));
  });

  test("waits for nothing with what never reached anybody", () => {
    const unsent = { ...wait, isSent: false, failure: "connect" } as const;
    assert.equal(retryDelayMs(unsent, seededRandom(1)), 0);
  });
});

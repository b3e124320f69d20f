import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Attempt, isRetriedStatus, mayRetry, triesMax } from "./retry.ts";

const attempt: Attempt = {
  method: "GET",
  isSent: true,
  isReplayable: true,
  isUpgrade: false,
  tries: 1,
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
    for (const status of [200, 404, 429, 500, 501]) assert(!mayRetry(attempt, status));
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

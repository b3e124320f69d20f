import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asksForImageUser, userOf } from "./container-user.ts";

const why = "container has runAsNonRoot and image";

describe("userOf", () => {
  for (const [security, imageUser, user] of [
    [{}, "app", undefined],
    [{ uid: 7 }, "app", "7"],
    [{ uid: 7, gid: 8 }, "app", "7:8"],
    [{ gid: 8 }, "app:users", "app:8"],
    [{ gid: 8 }, "", "0:8"],
    [{ nonRoot: true }, "1000:0", undefined],
    [{ nonRoot: true, uid: 7 }, "", "7"],
  ] as const) {
    test(`${JSON.stringify(security)} of an image of "${imageUser}" is ${user}`, () =>
      assert.equal(userOf(security, imageUser), user));
  }

  for (const [imageUser, message] of [
    ["", `${why} will run as root`],
    ["00", `${why} will run as root`],
    ["app", `${why} has non-numeric user (app), cannot verify user is non-root`],
  ] as const) {
    test(`refuses an image of "${imageUser}" that must not run as root`, () =>
      assert.throws(() => userOf({ nonRoot: true }, imageUser), { code: "user-refused", message }));
  }
});

test("the image's user is asked for only where it decides", () => {
  assert.deepEqual(
    [{}, { uid: 1, gid: 2, nonRoot: true }, { gid: 2 }, { nonRoot: true }].map(asksForImageUser),
    [false, false, true, true],
  );
});

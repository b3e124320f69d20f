import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { passedHeaders } from "./hop-headers.ts";

describe("passedHeaders", () => {
  test("drops what concerns the connection, also what Connection names", () => {
    const raw = ["Connection", "keep-alive, X-Own", "X-Own", "1", "Keep-Alive", "5", "A", "1"];
    assert.deepEqual(passedHeaders(raw), ["A", "1"]);
  });

  test("keeps doubled headers, and Host whatever Connection names", () => {
    const raw = ["Set-Cookie", "a", "Set-Cookie", "b", "Host", "x", "Connection", "host"];
    assert.deepEqual(passedHeaders(raw), ["Set-Cookie", "a", "Set-Cookie", "b", "Host", "x"]);
  });

  test("says for whom it asks, and believes nobody else's word on that", () => {
    const names = "X-Forwarded-For Forwarded x-real-ip X-FORWARDED-PROTO X-Forwarded-Client-Cert";
    const raw = names.split(" ").flatMap((name) => [name, "1.2.3.4"]);
    const passed = passedHeaders(raw, { address: "127.0.0.1", host: "shop", protocol: "https" });
    const expected = "X-Forwarded-For 127.0.0.1 X-Forwarded-Host shop X-Forwarded-Proto https";
    assert.deepEqual(passed, expected.split(" "));
  });
});

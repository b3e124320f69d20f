import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { foreignOrigin, hostName } from "./origin.ts";

describe("foreignOrigin", () => {
  for (const host of ["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "[::1]:8080"]) {
    test(`takes ${host}`, () => assert.equal(foreignOrigin({ host }, true), undefined));
  }

  test("takes a page of the same server", () => {
    const headers = { host: "localhost:8080", origin: "http://localhost:8080" };
    assert.equal(foreignOrigin(headers, true), undefined);
  });

  for (const [what, headers] of [
    ["a rebound name", { host: "evil.example:8080" }],
    ["a name that starts like ours", { host: "localhost.evil.example" }],
    ["no host", {}],
    ["a form on another site", { host: "localhost:8080", origin: "https://evil.example" }],
    ["another port's page", { host: "localhost:8080", origin: "http://localhost:9999" }],
    ["a sandboxed page", { host: "localhost:8080", origin: "null" }],
    ["a cross-site fetch", { host: "localhost:8080", "sec-fetch-site": "cross-site" }],
  ] as const) {
    test(`refuses ${what}`, () => assert(foreignOrigin(headers, true)));
  }

  test("leaves the host free on a Unix socket, but not the origin", () => {
    assert.equal(foreignOrigin({ host: "anything" }, false), undefined);
    assert(foreignOrigin({ host: "anything", origin: "http://evil" }, false));
  });
});

test("hostName leaves the port out", () => {
  assert.equal(hostName("Shop.Example:80"), "shop.example");
  assert.equal(hostName("[::1]:80"), "[::1]");
});

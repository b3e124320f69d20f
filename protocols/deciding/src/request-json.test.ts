import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApiRequest } from "@beemesh/ports";
import { readRequest, requestJson } from "./request-json.ts";

const whole: ApiRequest = {
  method: "PATCH",
  path: ["api", "v1", "namespaces", "default", "configmaps", "a"],
  query: new Map([["fieldManager", ["kubectl", "more"]]]),
  accept: "application/json",
  contentType: "application/merge-patch+json",
  body: { data: { a: null } },
  user: { name: "ann", groups: ["g"], uid: "u", extra: { scope: ["a", "b"] } },
  impersonation: { user: "bob", groups: [], uid: "", extra: {} },
  userAgent: "kubectl/v1.33.0",
  uid: "6f9619ff-8b86-4d01-b42d-00c04fc964ff",
};

const plain: ApiRequest = {
  method: "DELETE",
  path: ["api", "v1", "nodes", "n"],
  query: new Map(),
  accept: "",
  contentType: "",
  body: undefined,
  user: { name: "ann", groups: [] },
};

describe("readRequest", () => {
  for (const request of [whole, plain]) {
    test(`reads a ${request.method} as it was written`, () => {
      const text = JSON.stringify(requestJson(request));
      assert.deepEqual(readRequest(JSON.parse(text)), request);
    });
  }

  const json = requestJson(whole);
  for (const [what, wrong] of [
    ["a read", { ...json, method: "GET" }],
    ["no path", { ...json, path: "api" }],
    ["a path without end", { ...json, path: Array.from({ length: 513 }, () => "a") }],
    ["no user", { ...json, user: "ann" }],
    ["a user without groups", { ...json, user: { name: "ann" } }],
    ["extras that are no lists", { ...json, user: { name: "a", groups: [], extra: { a: "b" } } }],
    ["a wrong impersonation", { ...json, impersonation: { user: "bob" } }],
    ["a uid that is none", { ...json, uid: "../x" }],
    ["a query that is no list of pairs", { ...json, query: [["a", "b"]] }],
    ["text", "POST /"],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.equal(readRequest(wrong), undefined);
    });
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApiRequest } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { revisionIn, shownRevision, withRevision } from "./revision-text.ts";

function requestWith(body: Json | undefined): ApiRequest {
  const user = { name: "ann", groups: [] };
  const types = { accept: "", contentType: "" };
  return { method: "PUT", path: [], query: new Map(), ...types, body, user };
}

/** Every place where a body speaks of a version, with `12` there. */
const bodies: ReadonlyMap<string, Json> = new Map<string, Json>([
  [
    "an object",
    { metadata: { name: "a", resourceVersion: "12" }, spec: { resourceVersion: "12" } },
  ],
  ["a deletion", { kind: "DeleteOptions", preconditions: { uid: "u", resourceVersion: "12" } }],
  ["an eviction", { deleteOptions: { preconditions: { resourceVersion: "12" } } }],
  [
    "a JSON patch",
    [
      { op: "test", path: "/metadata/resourceVersion", value: "12" },
      { op: "add", path: "/data/a", value: "12" },
    ],
  ],
]);

describe("revisionIn", () => {
  for (const [what, body] of bodies) {
    test(`finds it in ${what}`, () => {
      assert.equal(revisionIn(requestWith(body)), "12");
    });
  }

  test("finds none where there is none", () => {
    for (const body of [undefined, {}, [], "text", { metadata: "x" }]) {
      assert.equal(revisionIn(requestWith(body)), "");
    }
  });
});

describe("withRevision", () => {
  for (const [what, body] of bodies) {
    test(`exchanges it in ${what}, and nothing else`, () => {
      const changed = withRevision(requestWith(body), "12", "99");
      assert.equal(revisionIn(changed), "99");
      assert.deepEqual(withRevision(changed, "99", "12"), requestWith(body));
      assert.equal(
        JSON.stringify(changed.body).split('"12"').length,
        JSON.stringify(body).split('"12"').length - 1,
      );
    });

    test(`leaves another version in ${what} alone`, () => {
      assert.deepEqual(withRevision(requestWith(body), "13", "99"), requestWith(body));
    });
  }
});

describe("shownRevision", () => {
  test("exchanges it in each object of an answer, and nowhere else", () => {
    const table = {
      kind: "Table",
      metadata: { resourceVersion: "" },
      rows: [{ cells: ["12"], object: { metadata: { name: "12", resourceVersion: "12" } } }],
    };
    assert.deepEqual(shownRevision(table, "12", "99"), {
      ...table,
      rows: [{ cells: ["12"], object: { metadata: { name: "12", resourceVersion: "99" } } }],
    });
  });
});

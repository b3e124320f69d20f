import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setOf } from "./field-set.ts";
import {
  foldOld,
  formatManagers,
  hasUnprintable,
  type Manager,
  managerText,
  readManagers,
} from "./manager.ts";

const entry = {
  manager: "ann",
  operation: "Apply",
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:data": { "f:a": {} } },
};

function managers(json: unknown): readonly Manager[] {
  const read = readManagers(json);
  assert(read.ok, JSON.stringify(read));
  return read.managers;
}

describe("managed fields", () => {
  test("are read and written, appliers first and older before newer", () => {
    const update = { ...entry, operation: "Update", subresource: "status" };
    const later = { ...update, manager: "bob", time: "2026-01-02T00:00:00Z" };
    assert.deepEqual(formatManagers(managers([later, update, entry])), [entry, update, later]);
    assert.deepEqual(managers(undefined), []);
    assert.deepEqual(managers([{ ...entry, fieldsV1: {} }]), []);
  });

  test("of one manager are one entry", () => {
    const more = { ...entry, fieldsV1: { "f:data": { "f:b": {} } } };
    const [only, ...others] = formatManagers(managers([entry, more]));
    assert.deepEqual(only?.["fieldsV1"], { "f:data": { "f:a": {}, "f:b": {} } });
    assert.equal(others.length, 0);
  });

  test("that are malformed are named", () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      ["text", ""],
      [["text"], "[0]"],
      [[{ ...entry, operation: "Steal" }], "[0].operation"],
      [[{ ...entry, fieldsType: "FieldsV2" }], "[0].fieldsType"],
      [[entry, { ...entry, fieldsV1: { "x:a": {} } }], "[1].fieldsV1"],
      [[{ ...entry, manager: "x".repeat(129) }], "[0].manager"],
      [[{ ...entry, manager: "a\nb" }], "[0].manager"],
      [[{ ...entry, time: 3 }], "[0].time"],
      [[{ ...entry, subresource: "x".repeat(257) }], "[0].subresource"],
    ];
    for (const [json, field] of wrong) {
      const read = readManagers(json);
      assert(!read.ok);
      assert.deepEqual(
        read.problems.map((each) => each.field),
        [field],
      );
    }
  });
});

test("conflicts name managers as Kubernetes does", () => {
  const id = { manager: "ann", operation: "Update", apiVersion: "v1", subresource: "" } as const;
  assert.equal(managerText(id), '"ann" using v1');
  assert.equal(
    managerText({ ...id, operation: "Apply", subresource: "scale" }),
    '"ann" with subresource "scale"',
  );
  assert(hasUnprintable("\u0007") && !hasUnprintable("Firefox 1.0 – ü"));
});

test("old managers are folded by version, and appliers never", () => {
  const many = Array.from(
    { length: 14 },
    (_, index): Manager => ({
      manager: `m${index}`,
      operation: index === 0 ? "Apply" : "Update",
      apiVersion: index % 2 === 0 ? "v1" : "v2",
      subresource: "",
      time: `2026-01-01T00:00:${String(index).padStart(2, "0")}Z`,
      fields: setOf([["f:data", `f:${index}`]]),
    }),
  );
  const folded = foldOld(many);
  const ancient = folded.filter(({ manager }) => manager === "ancient-changes");
  assert.deepEqual(ancient.map(({ apiVersion }) => apiVersion).toSorted(), ["v1", "v2"]);
  assert(folded.some(({ manager }) => manager === "m0"));
  assert(folded.some(({ manager }) => manager === "m13"));
  assert.deepEqual(foldOld(many.slice(0, 11)), many.slice(0, 11));
});

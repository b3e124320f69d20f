import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import { meshOf, webOf } from "./fake-mesh.test.ts";
import { type ClientWrite, Promises } from "./promises.ts";

const write = (number: number, kind: ClientWrite["kind"], isAcknowledged = true): ClientWrite => {
  const stamp = formatStamp({ wallMs: number, counter: 0, machine: "m0" });
  return { name: "web", number, kind, stamp, isAcknowledged, uid: "d", sets: {} };
};
const told = (writes: readonly ClientWrite[], there: number): string => {
  const promises = new Promises();
  for (const each of writes) promises.add(each);
  const objects = webOf(1, [], there);
  return promises
    .violations(meshOf(0, [{ objects }]))
    .map(({ message }) => message)
    .join();
};

describe("Promises", () => {
  test("says nothing when the newest promise is there, or something later", () => {
    assert.equal(told([write(1, "put"), write(2, "put")], 2), "");
    assert.equal(told([write(1, "put"), write(2, "put", false)], 2), "");
    assert.equal(told([write(1, "put"), write(2, "put", false)], 1), "");
  });

  test("asks only machines that hold everything, of which there must be one", () => {
    const promises = new Promises();
    promises.add(write(2, "put"));
    const part = { objects: webOf(1, [], 1), isWhole: false };
    const whole = { objects: webOf(1, [], 2) };
    assert.deepEqual(promises.violations(meshOf(0, [part, whole])), []);
    assert.equal(promises.violations(meshOf(0, [part])).length, 1);
  });

  test("fires when a field shows an older write than the newest acknowledged one", () => {
    const scaled = { ...write(1, "put"), sets: { replicas: 3 } };
    const rolled = { ...write(2, "put"), sets: { image: "a" } };
    const fieldsOf = (
      writes: readonly ClientWrite[],
      replicas: number,
      annotations: Readonly<Record<string, string>>,
    ): string => {
      const promises = new Promises();
      for (const each of writes) promises.add(each);
      const objects = webOf(replicas, [], 2).map((object) => ({
        ...object,
        metadata: {
          ...object.metadata,
          annotations: { ...object.metadata.annotations, ...annotations },
        },
      }));
      return promises
        .violations(meshOf(0, [{ objects }]))
        .map(({ message }) => message)
        .join();
    };
    const both = { "simulator/replicas": "1", "simulator/image": "2" };
    assert.equal(fieldsOf([scaled, rolled], 3, both), "");
    const lost = "replicas of put 1 of web is lost on m0";
    assert.equal(fieldsOf([scaled, rolled], 3, { "simulator/image": "2" }), lost);
    assert.equal(fieldsOf([scaled, rolled], 2, both), lost, "its value is another write's");
    const other = { ...scaled, uid: "another" };
    assert.equal(fieldsOf([other, rolled], 3, { "simulator/image": "2" }), "");
    const open = { ...scaled, isAcknowledged: false };
    assert.equal(fieldsOf([open, rolled], 3, { "simulator/image": "2" }), "");
  });

  test("fires when an acknowledged write is lost, or an acknowledged deletion", () => {
    assert.equal(told([write(1, "put"), write(2, "put")], 1), "put 2 of web is lost on m0");
    assert.equal(told([write(1, "put"), write(2, "delete")], 1), "delete 2 of web is lost on m0");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import type { Change } from "@beemesh/ports";
import { Announcer } from "./announcer.ts";

const resource = findResource("", "pods");
assert(resource !== undefined);
const pods = resource;

function changeAt(revision: number): Change {
  const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" } };
  return { kind: "modified", resource: pods, object, revision: String(revision) };
}

describe("Announcer", () => {
  test("tells everybody in one order, also what a listener causes", () => {
    const announcer = new Announcer();
    const [first, second]: string[][] = [[], []];
    announcer.listen(({ revision }) => {
      first?.push(revision);
      if (revision === "1") announcer.tell(changeAt(2));
    });
    announcer.listen(({ revision }) => second?.push(revision));
    announcer.tell(changeAt(1));
    announcer.tell(changeAt(3));
    assert.deepEqual(first, ["1", "2", "3"]);
    assert.deepEqual(second, ["1", "2", "3"]);
  });

  test("does not tell who has stopped listening", () => {
    const announcer = new Announcer();
    const heard: string[] = [];
    const stop = announcer.listen(({ revision }) => heard.push(revision));
    announcer.tell(changeAt(1));
    stop();
    announcer.tell(changeAt(2));
    assert.deepEqual(heard, ["1"]);
  });

  test("goes on after a listener that fails", () => {
    const announcer = new Announcer();
    const failure = new Error("a bug");
    const stop = announcer.listen(() => {
      throw failure;
    });
    assert.throws(() => announcer.tell(changeAt(1)), failure);
    stop();
    const heard: string[] = [];
    announcer.listen(({ revision }) => heard.push(revision));
    announcer.tell(changeAt(2));
    assert.deepEqual(heard, ["2"]);
  });
});

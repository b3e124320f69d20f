import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, type Instant, instantAt } from "@beemesh/base";
import { findResource } from "@beemesh/model";
import type { Change } from "@beemesh/ports";
import { History, historyMax, historyMsMin } from "./history.ts";

const resource = findResource("", "pods");
assert(resource !== undefined);
const pods = resource;

function changeAt(revision: number): Change {
  const metadata = { name: "web", resourceVersion: String(revision) };
  const object = { apiVersion: "v1", kind: "Pod", metadata };
  return { kind: "modified", resource: pods, object, revision: String(revision) };
}

function at(ms: number): Instant {
  return after(instantAt(0), ms);
}

function since(history: History, revision: number): string[] | undefined {
  return history.since(BigInt(revision))?.map((change) => change.revision);
}

describe("History", () => {
  test("gives what came after a revision, also between two", () => {
    const history = new History();
    history.reset(5n);
    for (const revision of [10, 20, 30]) history.add(BigInt(revision), changeAt(revision), at(0));
    assert.deepEqual(since(history, 5), ["10", "20", "30"]);
    assert.deepEqual(since(history, 10), ["20", "30"]);
    assert.deepEqual(since(history, 25), ["30"]);
    assert.deepEqual(since(history, 30), []);
    assert.equal(since(history, 4), undefined);
  });

  test("keeps the changes of 75 seconds", () => {
    const history = new History();
    history.add(10n, changeAt(10), at(0));
    history.add(20n, changeAt(20), at(historyMsMin));
    assert.deepEqual(since(history, 1), ["10", "20"]);
    history.add(30n, changeAt(30), at(historyMsMin + 1));
    assert.equal(since(history, 1), undefined);
    assert.deepEqual(since(history, 10), ["20", "30"]);
  });

  test("keeps no more than a maximum, and that many", () => {
    const history = new History();
    for (let revision = 1; revision <= historyMax + 2000; revision += 1) {
      history.add(BigInt(revision), changeAt(revision), at(0));
    }
    assert.equal(since(history, 1999), undefined);
    assert.equal(since(history, 2000)?.length, historyMax);
  });

  test("knows nothing of the time before a reset", () => {
    const history = new History();
    history.add(10n, changeAt(10), at(0));
    history.reset(15n);
    assert.equal(since(history, 10), undefined);
    assert.deepEqual(since(history, 15), []);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { Recorder, timestampOf } from "./recorder.ts";

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: 1_800_000_000_000 + ms });
const occurrence = {
  object: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web", uid: "u1" },
  type: "Warning",
  reason: "BackOff",
  message: "Back-off restarting failed container",
} as const;

describe("Recorder", () => {
  test("folds repetitions into one object with a count", () => {
    const recorder = new Recorder({ component: "beemesh", host: "m1" });
    const first = recorder.record(occurrence, at(0));
    assert.equal(recorder.record(occurrence, at(5000)), undefined);
    const third = recorder.record(occurrence, at(11_000));
    assert.equal(first?.metadata.name, third?.metadata.name);
    assert.equal(first?.["count"], 1);
    assert.equal(third?.["count"], 3);
    assert.equal(third?.["firstTimestamp"], first?.["firstTimestamp"]);
    assert.equal(third?.metadata.namespace, "shop");
  });

  test("keeps what differs apart", () => {
    const recorder = new Recorder({ component: "beemesh", host: "m1" });
    const one = recorder.record(occurrence, at(0));
    const other = recorder.record({ ...occurrence, message: "another" }, at(0));
    assert.notEqual(one?.metadata.name, other?.metadata.name);
  });

  test("writes also when the wall clock has jumped back", () => {
    const recorder = new Recorder({ component: "beemesh", host: "m1" });
    recorder.record(occurrence, at(1_000_000));
    assert.notEqual(recorder.record(occurrence, at(0)), undefined);
  });
});

test("timestampOf writes whole seconds", () => {
  assert.equal(timestampOf(1_800_000_000_999), "2027-01-15T08:00:00Z");
  assert.equal(timestampOf(1e18), "1970-01-01T00:00:00Z");
});

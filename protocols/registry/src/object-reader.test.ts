import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { type Entry, formatStamp } from "@beemesh/wire";
import {
  readObject,
  readStatus,
  specBodyOf,
  statusBodyOf,
  withRevision,
  withStatus,
} from "./object-reader.ts";

const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", uid: "u1", labels: { app: "web" } },
  spec: { containers: [] },
};
const place = { namespace: "default" };

function entryOf(body: string): Entry {
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name: "web", part: "spec" } as const;
  return { ...key, stamp, author: "ann", body, signature: "s" };
}

describe("readObject", () => {
  test("reads what specBodyOf wrote, without status and revision", () => {
    const whole = { ...withRevision(pod, "7"), status: { phase: "Running" } };
    assert.equal(whole.metadata.resourceVersion, "7");
    assert.deepEqual(readObject(entryOf(specBodyOf(whole)), place), pod);
  });

  test("refuses what is no object of this name and namespace", () => {
    const { metadata } = pod;
    for (const wrong of [
      "",
      "[]",
      "{}",
      JSON.stringify({ ...pod, kind: undefined }),
      JSON.stringify({ ...pod, apiVersion: 1 }),
      JSON.stringify({ ...pod, metadata: { ...metadata, name: "other" } }),
      JSON.stringify({ ...pod, metadata: { ...metadata, namespace: "other" } }),
      JSON.stringify({ ...pod, metadata: { ...metadata, namespace: undefined } }),
      JSON.stringify({ ...pod, metadata: { ...metadata, uid: "" } }),
      `{"a":${"[".repeat(100)}${"]".repeat(100)}}`,
    ]) {
      assert.equal(readObject(entryOf(wrong), place), undefined, wrong.slice(0, 80));
    }
  });
});

test("readStatus reads a status, or nothing", () => {
  const { status } = readStatus(entryOf('{"status":{"phase":"Running"}}'));
  assert.deepEqual(status, { phase: "Running" });
  for (const body of ["", "x", "[]", "{}"]) {
    assert.equal(readStatus(entryOf(body)).status, undefined);
  }
});

test("who owns the fields of a status is kept with it, and nothing of it with the rest", () => {
  const ann = { manager: "ann", operation: "Update" };
  const bob = { manager: "bob", operation: "Update", subresource: "status" };
  const metadata = { ...pod.metadata, managedFields: [ann, bob] };
  const whole: KubeObject = { ...pod, metadata, status: { phase: "Running" } };
  const base = readObject(entryOf(specBodyOf(whole)), place);
  assert(base !== undefined);
  assert.deepEqual(base.metadata.managedFields, [ann]);
  const status = readStatus(entryOf(statusBodyOf(whole)));
  assert.deepEqual(status, { status: { phase: "Running" }, managedFields: [bob] });
  assert.deepEqual(withStatus(base, status), whole);
});

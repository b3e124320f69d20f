import assert from "node:assert/strict";
import { test } from "node:test";
import { readSlice } from "./slice-record.ts";
import { sliceOf } from "./test-mesh.ts";

test("a slice is read with whom its endpoints are, and whether they serve", () => {
  const ending = { ready: false, serving: true, terminating: true };
  const slice = sliceOf(
    "a/b",
    [{ name: "h", port: 80 }],
    [
      { uid: "U1", ip: "10.0.0.1", hostname: "x" },
      { ip: "1.2.3.4", conditions: ending },
      { uid: "U3", ip: "10.0.0.3", conditions: {} },
      { uid: "U4", ip: "10.0.0.4", conditions: { ready: false } },
    ],
  );
  const { service, ports, endpoints } = readSlice(slice);
  assert.deepEqual([service, ports[0]?.port], ["a/b", 80]);
  assert.deepEqual(
    endpoints.map(({ uid, ips, hostname, isReady, isServing }) => [
      uid,
      ips.join(),
      hostname,
      isReady,
      isServing,
    ]),
    [
      ["U1", "10.0.0.1", "x", true, true],
      ["", "1.2.3.4", "", false, true],
      ["U3", "10.0.0.3", "", true, true],
      ["U4", "10.0.0.4", "", false, false],
    ],
  );
});

test("what is malformed of a slice is left out", () => {
  const slice = { ...sliceOf("a/b", [], []), endpoints: [1, {}], ports: "x" };
  const { endpoints } = readSlice(slice);
  assert.equal(endpoints.length, 1);
  assert.deepEqual(endpoints[0]?.ips, []);
  const { metadata } = slice;
  assert.equal(readSlice({ ...slice, metadata: { ...metadata, labels: {} } }).service, "");
});

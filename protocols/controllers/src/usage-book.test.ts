import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import { UsageBook } from "./usage-book.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", uid: "P" },
  spec: { containers: [], nodeName: "m1" },
};

test("a pod's use is what its own machine told, for a while", () => {
  const book = new UsageBook();
  const containers = [{ name: "main", cpuNanocores: 1, memoryBytes: 2 }];
  const told = { wallMs: 7, windowMs: 1000, cpuNanocores: 0, memoryBytes: 0 };
  const pods = [{ uid: "P", containers }];
  book.take([{ machine: "liar", ...told, pods }], instantAt(0));
  assert.equal(book.of(pod, instantAt(0)), undefined);
  book.take([{ machine: "m1", ...told, pods }], instantAt(0));
  const reading = { uid: "P", containers, wallMs: 7, windowMs: 1000 };
  assert.deepEqual(book.of(pod, instantAt(90_000)), reading);
  assert.equal(book.of(pod, instantAt(90_001)), undefined);
  book.take([{ machine: "m1", ...told, pods: [] }], instantAt(90_001));
  assert.equal(book.of(pod, instantAt(90_001)), undefined);
});

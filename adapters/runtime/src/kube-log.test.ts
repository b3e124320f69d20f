import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeKubeLog } from "./kube-log.ts";

test("decodeKubeLog reads lines and pieces of lines", () => {
  const line = decodeKubeLog(
    Buffer.from("2026-11-20T10:42:48.344821798+00:00 stdout F hello world"),
  );
  assert.equal(line?.at, "2026-11-20T10:42:48.344821798Z");
  assert.equal(line?.atMs, Date.UTC(2026, 10, 20, 10, 42, 48, 344));
  assert.equal(line?.text.toString(), "hello world");
  assert(line?.whole);
  const piece = decodeKubeLog(Buffer.from("2026-11-20T10:42:48.3+02:00 stderr P "));
  assert.equal(piece?.text.length, 0);
  assert(!piece?.whole);
});

test("decodeKubeLog takes nothing else for a line", () => {
  for (const text of ["", "hello", "2026-11-20T10:42:48Z stdout X text", "never stdout F text"])
    assert.equal(decodeKubeLog(Buffer.from(text)), undefined);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeKubeLog(Buffer.from(bytes))));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Entry, entryKey, formatStamp } from "@beemesh/wire";
import { SimulatedDisk } from "./disk.ts";

function entry(name: string, body: string): Entry {
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "ann" });
  const collection = "pods/default";
  return { collection, name, part: "spec", stamp, author: "ann", body, signature: "s" };
}

test("a disk keeps the newest of each key, and drops what it is told to", () => {
  const disk = new SimulatedDisk();
  disk.save([entry("a", "1"), entry("b", "1")]);
  disk.save([entry("a", "2")]);
  disk.drop([entryKey(entry("b", ""))]);
  disk.note("revision", "7");
  assert.deepEqual([...disk.entries], [entry("a", "2")]);
  assert.equal(disk.notes.get("revision"), "7");
  disk.wipe();
  assert.deepEqual([...disk.entries], []);
  assert.equal(disk.notes.size, 0);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import type { Disk } from "@beemesh/ports";
import { type Entry, entryKey, formatStamp } from "@beemesh/wire";
import { PatientDisk } from "./patient-disk.ts";

/** A disk in memory that can be full. */
export class FickleDisk implements Disk {
  readonly entries = new Map<string, Entry>();
  readonly notes = new Map<string, string>();
  isFull = false;
  isClosed = false;

  load(): Iterable<Entry> {
    return this.entries.values();
  }

  save(entries: readonly Entry[]): void {
    this.#refuse();
    for (const entry of entries) this.entries.set(entryKey(entry), entry);
  }

  drop(keys: readonly string[]): void {
    this.#refuse();
    for (const key of keys) this.entries.delete(key);
  }

  get(name: string): string | undefined {
    return this.notes.get(name);
  }

  set(name: string, value: string): void {
    this.#refuse();
    this.notes.set(name, value);
  }

  close(): void {
    this.isClosed = true;
  }

  #refuse(): void {
    if (this.isFull) throw new BeeError("disk-full", "Cannot save data: the disk is full");
  }
}

/** An entry of no further meaning. */
export function entryNamed(name: string, body = "{}"): Entry {
  const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "p1" });
  const rest = { stamp, author: "p1", signature: "s", body };
  return { collection: "configmaps/default", name, part: "spec", ...rest };
}

describe("PatientDisk", () => {
  test("keeps what a full disk refuses, and writes it all when there is room", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const inner = new FickleDisk();
    const told: string[] = [];
    const disk = new PatientDisk(inner);
    disk.onTrouble = (failure) => told.push(failure);
    disk.save([entryNamed("old"), entryNamed("gone")]);
    inner.isFull = true;
    disk.set("note", "7");
    disk.save([entryNamed("a", "1")]);
    disk.save([entryNamed("a", "2")]);
    disk.drop([entryKey(entryNamed("gone"))]);
    assert.equal(disk.isBehind, true);
    assert.equal(disk.get("note"), "7");
    assert.equal(inner.entries.size, 2);
    context.mock.timers.tick(5000);
    assert.equal(disk.isBehind, true);
    inner.isFull = false;
    context.mock.timers.tick(1000);
    assert.equal(disk.isBehind, false);
    assert.deepEqual(
      [...inner.entries.values()].map(({ name, body }) => `${name}=${body}`),
      ["old={}", "a=2"],
    );
    assert.equal(inner.notes.get("note"), "7");
    assert.deepEqual(told, ["Cannot save data: the disk is full", ""]);
    disk.close();
  });

  test("an entry that is dropped and comes again is kept", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const inner = new FickleDisk();
    const disk = new PatientDisk(inner);
    inner.isFull = true;
    disk.save([entryNamed("a")]);
    disk.drop([entryKey(entryNamed("a"))]);
    disk.save([entryNamed("a", "new")]);
    inner.isFull = false;
    context.mock.timers.tick(1000);
    assert.deepEqual([...inner.load()], [entryNamed("a", "new")]);
    disk.close();
  });

  test("writes what it can before it closes", () => {
    const inner = new FickleDisk();
    const disk = new PatientDisk(inner);
    inner.isFull = true;
    disk.save([entryNamed("late")]);
    inner.isFull = false;
    disk.close();
    assert.equal(inner.entries.size, 1);
    assert.equal(inner.isClosed, true);
  });
});

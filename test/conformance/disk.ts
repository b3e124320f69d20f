/** What every Disk must do, whatever is behind it. Call it from a test file. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Disk } from "../../core/ports/src/index.ts";
import { type Entry, entryKey, formatStamp } from "../../core/wire/src/index.ts";

/** How to make a disk of some kind. */
export interface DiskKind {
  /** An empty disk. */
  readonly make: () => Disk;
  /** The same disk after a restart; it was closed before. Left out if it does not outlive one. */
  readonly reopen?: (closed: Disk) => Disk;
}

/** A disk in memory, for tests: what it held is there again when it is opened another time. */
export class MemoryDisk implements Disk {
  readonly #entries = new Map<string, Entry>();
  readonly #facts = new Map<string, string>();

  load(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  save(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.set(entryKey(entry), entry);
  }

  drop(keys: readonly string[]): void {
    for (const key of keys) this.#entries.delete(key);
  }

  get(name: string): string | undefined {
    return this.#facts.get(name);
  }

  set(name: string, value: string): void {
    this.#facts.set(name, value);
  }

  close(): void {
    // Nothing to let go of.
  }
}

/** An entry for tests: `atMs` gives another version of the same key. */
export function entryNamed(name: string, body = "{}", atMs = 1): Entry {
  const stamp = formatStamp({ wallMs: atMs, counter: 0, machine: "ann" });
  const key = { collection: "pods/default", name, part: "spec" } as const;
  return { ...key, stamp, author: "ann", body, signature: "c2ln" };
}

/** What a disk holds, by key. */
export function contentsOf(disk: Disk): Map<string, Entry> {
  const entries = [...disk.load()];
  const contents = new Map(entries.map((entry) => [entryKey(entry), entry]));
  assert.equal(contents.size, entries.length, "each key is there once");
  return contents;
}

function contentsWith(...entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entryKey(entry), entry]));
}

/** Checks a kind of disk. */
export function conformsToDisk(name: string, kind: DiskKind): void {
  describe(`${name} as a Disk`, () => {
    keepsEntries(kind);
    keepsFacts(kind);
    outlivesRestarts(kind);
  });
}

function keepsEntries({ make }: DiskKind): void {
  test("is empty at first", () => {
    const disk = make();
    assert.deepEqual([...disk.load()], []);
    disk.close();
  });

  test("gives back what was saved, each member as it was", () => {
    const disk = make();
    const entries: Entry[] = [
      entryNamed("web"),
      entryNamed("deleted", ""),
      { ...entryNamed("web"), part: "status:u1", body: '{"status":{"quote\\"":"\u{1F41D}\\n"}}' },
      { ...entryNamed("web"), collection: "nodes/-", author: "12D3KooW" },
      entryNamed("large", "x".repeat(1_500_000)),
    ];
    disk.save(entries);
    assert.deepEqual(contentsOf(disk), contentsWith(...entries));
    disk.close();
  });

  test("replaces what has the same key, within one save too", () => {
    const disk = make();
    disk.save([entryNamed("web", "1", 1), entryNamed("db", "1", 1)]);
    disk.save([entryNamed("web", "2", 2), entryNamed("web", "3", 3)]);
    const expected = contentsWith(entryNamed("web", "3", 3), entryNamed("db", "1", 1));
    assert.deepEqual(contentsOf(disk), expected);
    disk.close();
  });

  test("drops by key, and minds no key that it does not know", () => {
    const disk = make();
    disk.save([entryNamed("web"), entryNamed("db")]);
    disk.drop([entryKey(entryNamed("web")), "nothing"]);
    disk.drop([]);
    assert.deepEqual(contentsOf(disk), contentsWith(entryNamed("db")));
    disk.close();
  });

  test("saves nothing when there is nothing to save", () => {
    const disk = make();
    disk.save([]);
    assert.deepEqual([...disk.load()], []);
    disk.close();
  });

  test("may be written to while it is read", () => {
    const disk = make();
    disk.save(Array.from({ length: 100 }, (_, index) => entryNamed(`web-${index}`)));
    let read = 0;
    for (const entry of disk.load()) {
      read += 1;
      disk.save([{ ...entry, body: "changed" }]);
    }
    assert.equal(read, 100);
    assert([...contentsOf(disk).values()].every(({ body }) => body === "changed"));
    disk.close();
  });
}

function keepsFacts({ make }: DiskKind): void {
  test("keeps small facts apart from entries", () => {
    const disk = make();
    assert.equal(disk.get("revision"), undefined);
    disk.set("revision", "7");
    disk.set("revision", "8");
    disk.set("", "empty name");
    disk.set("empty value", "");
    assert.equal(disk.get("revision"), "8");
    assert.equal(disk.get(""), "empty name");
    assert.equal(disk.get("empty value"), "");
    assert.deepEqual([...disk.load()], []);
    disk.close();
  });
}

function outlivesRestarts({ make, reopen }: DiskKind): void {
  const skip = reopen === undefined ? "this kind of disk does not outlive a restart" : false;
  test("holds everything after a restart", { skip }, () => {
    assert(reopen !== undefined);
    let disk = make();
    disk.save([entryNamed("web"), entryNamed("db")]);
    disk.drop([entryKey(entryNamed("db"))]);
    disk.set("revision", "7");
    disk.close();
    disk = reopen(disk);
    assert.deepEqual(contentsOf(disk), contentsWith(entryNamed("web")));
    assert.equal(disk.get("revision"), "7");
    disk.close();
  });
}

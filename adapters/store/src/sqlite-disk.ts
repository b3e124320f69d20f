import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { BeeError } from "@beemesh/base";
import type { Disk } from "@beemesh/ports";
import { type Entry, entryKey, isStamp } from "@beemesh/wire";
import { migrate } from "./format.ts";
import { asDiskError, isBusy } from "./sqlite-error.ts";
import { transact } from "./transaction.ts";

/** The file that says which process uses a data directory; for people, the lock is SQLite's. */
const ownerFile = "owner";

/** After a burst of writes the log is cut back to this. */
const logBytesMax = 16 * 1024 * 1024;

/**
 * Opens a data directory, and makes it if there is none. It stays locked until it is closed or
 * the process ends, however it ends.
 *
 * @param directory - Made readable for its owner only.
 * @throws {BeeError} `data-in-use` if another process has it open (`facts.pid`), `data-too-new`
 *   if a newer BeeMesh wrote it, `disk-full`, `disk-failed`.
 */
export function openDisk(directory: string): Disk {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(directory, "registry.db"), { timeout: 0 });
    lock(database);
    migrate(database, directory);
    writeFileSync(join(directory, ownerFile), `${process.pid}\n`);
    return new SqliteDisk(database, directory);
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw inUse(directory, error);
    throw asDiskError("open", directory, error);
  }
}

/** Takes the lock that the operating system lets go of when this process ends. */
function lock(database: DatabaseSync): void {
  // In exclusive mode the first transaction takes the lock and no later one returns it; and the
  // index of the log needs no shared memory, which not every file system has.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(`PRAGMA journal_size_limit = ${logBytesMax}`);
  database.exec("BEGIN IMMEDIATE; COMMIT");
}

function inUse(directory: string, cause: unknown): BeeError {
  const pid = readOwner(directory);
  const owner = pid === undefined ? "another process" : `process ${pid}`;
  return new BeeError("data-in-use", `Cannot open ${directory}: ${owner} is using it`, {
    facts: pid === undefined ? { directory } : { directory, pid },
    cause,
  });
}

function readOwner(directory: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, ownerFile), "utf8"), 10);
    return Number.isInteger(pid) ? pid : undefined;
  } catch {
    // It has only just begun, and has not said who it is.
    return undefined;
  }
}

class SqliteDisk implements Disk {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #saveEntry: StatementSync;
  readonly #dropEntry: StatementSync;
  readonly #getFact: StatementSync;
  readonly #setFact: StatementSync;

  constructor(database: DatabaseSync, directory: string) {
    this.#database = database;
    this.#directory = directory;
    this.#saveEntry = database.prepare(
      `INSERT INTO entry (key, collection, name, part, stamp, author, signature, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET stamp = excluded.stamp, author = excluded.author,
         signature = excluded.signature, body = excluded.body`,
    );
    this.#dropEntry = database.prepare("DELETE FROM entry WHERE key = ?");
    this.#getFact = database.prepare("SELECT value FROM fact WHERE name = ?");
    this.#setFact = database.prepare(
      `INSERT INTO fact (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    );
  }

  *load(): Generator<Entry> {
    const select = this.#database.prepare(
      "SELECT collection, name, part, stamp, author, signature, body FROM entry",
    );
    try {
      for (const row of select.iterate()) yield readEntry(row);
    } catch (error) {
      throw asDiskError("read", this.#directory, error);
    }
  }

  save(entries: readonly Entry[]): void {
    this.#transact("save", () => {
      for (const entry of entries) {
        const { collection, name, part, stamp, author, signature, body } = entry;
        const key = entryKey(entry);
        this.#saveEntry.run(key, collection, name, part, stamp, author, signature, body);
      }
    });
  }

  drop(keys: readonly string[]): void {
    this.#transact("drop", () => {
      for (const key of keys) this.#dropEntry.run(key);
    });
  }

  get(name: string): string | undefined {
    try {
      const value = this.#getFact.get(name)?.["value"];
      return typeof value === "string" ? value : undefined;
    } catch (error) {
      throw asDiskError("read", this.#directory, error);
    }
  }

  set(name: string, value: string): void {
    this.#transact("save", () => this.#setFact.run(name, value));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #transact(verb: string, work: () => void): void {
    try {
      transact(this.#database, work);
    } catch (error) {
      throw asDiskError(verb, this.#directory, error);
    }
  }
}

function readEntry(row: Record<string, unknown>): Entry {
  const { collection, name, part, stamp, author, signature, body } = row;
  const isWhole =
    [collection, name, author, signature, body].every((value) => typeof value === "string") &&
    isPart(part) &&
    isStamp(stamp);
  if (!isWhole) throw new BeeError("disk-failed", "Cannot read an entry: a column is damaged");
  return {
    collection: String(collection),
    name: String(name),
    part,
    stamp,
    author: String(author),
    body: String(body),
    signature: String(signature),
  };
}

function isPart(text: unknown): text is Entry["part"] {
  return typeof text === "string" && (text === "spec" || text.startsWith("status:"));
}

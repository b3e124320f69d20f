import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { BeeError } from "@beemesh/base";
import { transact } from "./transaction.ts";

/** The steps from each format to the next one; the first makes an empty directory's. */
const steps: readonly string[] = [
  `CREATE TABLE entry (
     key TEXT NOT NULL PRIMARY KEY,
     collection TEXT NOT NULL,
     name TEXT NOT NULL,
     part TEXT NOT NULL,
     stamp TEXT NOT NULL,
     author TEXT NOT NULL,
     signature TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT`,
];

/** The file that names the format of a data directory, for people and for other versions. */
const formatFile = "format";

/**
 * Brings a data directory to the newest format, each step whole or not at all.
 *
 * @throws {BeeError} `data-too-new` if a newer version wrote it: it is left as it is.
 */
export function migrate(
  database: DatabaseSync,
  directory: string,
  migrations: readonly string[] = steps,
): void {
  const found = Math.max(formatOf(database), readFormat(directory));
  if (found > migrations.length) {
    const message = `Cannot open ${directory}: its format ${found} is newer than this version`;
    const facts = { directory, format: found, formatMax: migrations.length };
    throw new BeeError("data-too-new", message, { facts });
  }
  for (let format = formatOf(database); format < migrations.length; format += 1) {
    const step = migrations[format] ?? "";
    transact(database, () => database.exec(`${step}; PRAGMA user_version = ${format + 1}`));
  }
  writeFileSync(join(directory, formatFile), `${migrations.length}\n`);
}

function formatOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
}

function readFormat(directory: string): number {
  const path = join(directory, formatFile);
  if (!existsSync(path)) return 0;
  const format = Number.parseInt(readFileSync(path, "utf8"), 10);
  return Number.isInteger(format) ? format : 0;
}

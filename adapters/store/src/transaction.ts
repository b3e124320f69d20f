import type { DatabaseSync } from "node:sqlite";

/** Does work whole or not at all; when it fails, the database is ready for the next attempt. */
export function transact(database: DatabaseSync, work: () => void): void {
  try {
    database.exec("BEGIN IMMEDIATE");
    work();
    database.exec("COMMIT");
  } catch (error) {
    // SQLite itself ends a transaction after some failures, a full disk among them.
    if (database.isOpen && database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

import { BeeError } from "@beemesh/base";

/** Result codes of SQLite. Source: https://www.sqlite.org/rescode.html */
const sqliteBusy = 5;
const sqliteFull = 13;

/** Whether another process holds the lock of the database. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === sqliteBusy;
}

/** The failure as callers know it: `disk-full`, which may pass, or `disk-failed`. */
export function asDiskError(verb: string, directory: string, error: unknown): BeeError {
  if (error instanceof BeeError) return error;
  const facts = { directory };
  if (primaryCode(error) === sqliteFull || codeOf(error) === "ENOSPC") {
    const message = `Cannot ${verb} data in ${directory}: the disk is full`;
    return new BeeError("disk-full", message, { facts, cause: error });
  }
  const reason = error instanceof Error ? error.message : "of an unknown error";
  const message = `Cannot ${verb} data in ${directory}: ${reason}`;
  return new BeeError("disk-failed", message, { facts, cause: error });
}

/** The low byte of SQLite's extended result code. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

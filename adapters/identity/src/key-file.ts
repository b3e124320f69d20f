import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { BeeError } from "@beemesh/base";
import { SigningKey } from "./signing-key.ts";

/** Permission bits of group and others: a key file has none of them. */
const sharedBits = 0o077;

/**
 * The key kept in the file at `path`, made on first use. The file is whole or absent whatever
 * happens, also if two processes make it at the same time: both then get the same key.
 *
 * @throws {BeeError} `key-exposed` if others may read the file, `key-unreadable` if it cannot be
 *   read or made, `key-malformed` if it holds no Ed25519 key.
 */
export function openKey(path: string): SigningKey {
  return SigningKey.fromPem(openSecret(path, () => SigningKey.generate().toPem()));
}

/** The private text in the file at `path`, made by `make` on first use; as {@link openKey}. */
export function openSecret(path: string, make: () => string): string {
  try {
    return read(path) ?? create(path, make());
  } catch (error) {
    if (error instanceof BeeError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new BeeError("key-unreadable", `Cannot open key ${path}: ${code}`, {
      facts: { path, code },
      cause: error,
    });
  }
}

function read(path: string): string | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return undefined;
  if (process.platform !== "win32" && (mode & sharedBits) !== 0) {
    throw new BeeError("key-exposed", `Cannot use key ${path}: others may read it (chmod 600)`, {
      facts: { path },
    });
  }
  return readFileSync(path, "utf8");
}

/** Writes beside, then links: unlike a rename, a link never replaces a key that is there. */
function create(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}.new`;
  try {
    writeDurably(draft, text);
    linkSync(draft, path);
    syncFolder(dirname(path));
    return text;
  } catch (error) {
    const existing = read(path);
    if (existing === undefined) throw error;
    return existing;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

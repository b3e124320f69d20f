import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BeeError } from "@beemesh/base";
import { run } from "./command.ts";
import { unmountUnder } from "./mounts.ts";

/**
 * A file or folder inside a volume that is to be mounted by itself. Who writes to the volume must
 * not lead us out of it, not even by exchanging a folder for a link at the wrong moment: every
 * step is taken from an open folder, links are never followed, and what was opened is what is
 * mounted.
 */
export interface SubPath {
  /** The volume, a folder that we made or that an administrator named. */
  readonly volume: string;
  /** Relative, as the manifest has it. What is missing is made as a folder. */
  readonly subPath: string;
}

/**
 * Binds what the sub-path names to `target`, which is made.
 *
 * @throws {BeeError} `start-failed` if the sub-path leaves the volume or passes through a link.
 */
export async function bindSubPath(from: SubPath, target: string): Promise<void> {
  const file = openInside(from);
  try {
    const opened = fstatSync(file);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    if (opened.isDirectory()) mkdirSync(target, { recursive: true });
    else writeFileSync(target, "");
    await run("mount", ["--bind", "--no-canonicalize", `/proc/${process.pid}/fd/${file}`, target]);
    const mounted = statSync(target);
    if (mounted.ino !== opened.ino || mounted.dev !== opened.dev) {
      await unmountUnder(target);
      throw escape(from, "it changed while it was mounted");
    }
  } finally {
    closeSync(file);
  }
}

/**
 * The path that the sub-path names, for where nothing can be mounted: checked now, but not held.
 *
 * @throws {BeeError} `start-failed`
 */
export function resolveSubPath(from: SubPath): string {
  let path = from.volume;
  for (const part of partsOf(from)) {
    path = join(path, part);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(path);
    if (found?.isSymbolicLink()) throw escape(from, `${part} is a link`);
  }
  return path;
}

function openInside(from: SubPath): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let file = openSync(from.volume, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const part of partsOf(from)) {
    const folder = file;
    const path = `/proc/self/fd/${folder}/${part}`;
    try {
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) mkdirSync(path);
      file = openSync(path, flags);
    } catch (cause) {
      throw escape(from, `${part} cannot be entered`, cause);
    } finally {
      closeSync(folder);
    }
  }
  return file;
}

function partsOf(from: SubPath): string[] {
  const parts = from.subPath.split("/").filter((part) => part !== "" && part !== ".");
  if (from.subPath.startsWith("/")) throw escape(from, "it is absolute");
  if (parts.includes("..")) throw escape(from, "it has .. in it");
  return parts;
}

function escape(from: SubPath, state: string, cause?: unknown): BeeError {
  const message = `Cannot mount sub-path "${from.subPath}": ${state}`;
  return new BeeError("start-failed", message, { facts: { subPath: from.subPath }, cause });
}

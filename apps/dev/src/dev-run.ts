import { randomInt } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@beemesh/lab";
import { destroyStore, outsideOfStore } from "@beemesh/runtime";
import { isJsonObject, parseJson } from "@beemesh/wire";
import {
  findLeftovers,
  isRunAlive,
  namespacesOf,
  removeGroups,
  startOf,
  sweep,
} from "./leftovers.ts";

/** One development mesh on this computer, by the name that all it makes bears. */
export interface DevRun {
  /** Five letters and digits. */
  readonly id: string;
  /** The directory of all that it keeps. */
  readonly directory: string;
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
/** A run without a note of its owner may only just have begun, so long it is left alone. */
const youngMs = 60_000;
const directoryPattern = /^beemesh-dev-(?<id>[a-z0-9]{5})$/u;
const namespacePattern = /^beemesh-dev(?<id>[a-z0-9]{5})-/u;

/** The name of a run's network; its namespaces are `beemesh-<name>-…`. */
export function networkNameOf({ id }: DevRun): string {
  return `dev${id}`;
}

/** Makes the directory of a new run, and notes in it who owns it. */
export function openRun(parent = tmpdir()): DevRun {
  for (;;) {
    const id = Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
    const made = { id, directory: join(parent, `beemesh-dev-${id}`) };
    if (existsSync(made.directory)) continue;
    mkdirSync(made.directory, { mode: 0o700 });
    const owner = { pid: process.pid, start: startOf(process.pid) };
    writeFileSync(join(made.directory, "owner.json"), JSON.stringify(owner));
    return made;
  }
}

/** Runs whose owner is gone without having removed everything. */
export function findStaleRuns(parent = tmpdir()): DevRun[] {
  const directories = readdirSync(parent).flatMap(
    (name) => directoryPattern.exec(name)?.groups?.["id"] ?? [],
  );
  const namespaces = namesIn("/run/netns").flatMap(
    (name) => namespacePattern.exec(name)?.groups?.["id"] ?? [],
  );
  return [...new Set([...directories, ...namespaces])]
    .map((id) => ({ id, directory: join(parent, `beemesh-dev-${id}`) }))
    .filter((candidate) => isStale(candidate));
}

function isStale({ id, directory }: DevRun): boolean {
  if (!existsSync(directory)) return areNamespacesOld(id);
  const { uid, mtimeMs } = statSync(directory);
  const me = process.getuid?.() ?? uid;
  if (me !== 0 && me !== uid) return false;
  const path = join(directory, "owner.json");
  const owner = existsSync(path) ? parseJson(readFileSync(path, "utf8")) : undefined;
  const { pid, start } = isJsonObject(owner) ? owner : {};
  if (typeof pid !== "number") return Date.now() - mtimeMs > youngMs;
  return startOf(pid) !== start;
}

/** A run may keep its directory elsewhere, but then it has begun with its namespaces. */
function areNamespacesOld(id: string): boolean {
  const paths = namespacesOf(`dev${id}`).map((name) => join("/run/netns", name));
  const isInUse = isRunAlive(id);
  return !isInUse && paths.every((path) => Date.now() - statSync(path).mtimeMs > youngMs);
}

/**
 * Ends and removes everything of a run whose machines are no longer looked after: processes,
 * containers, mounts, namespaces, files. Harmless when there is nothing.
 *
 * @returns What could not be removed.
 */
export async function removeRun(dev: DevRun): Promise<readonly string[]> {
  const { directory } = dev;
  const stores = namesIn(directory).map((name) => join(directory, name, "runtime"));
  const containers = stores.flatMap((store) =>
    namesIn(join(store, "podman", "root", "overlay-containers")),
  );
  // Daemons go first, or they would start again what is ended here.
  await sweep(directory);
  for (const store of stores) if (existsSync(store)) await destroyStore(store);
  removeGroups(containers);
  for (const name of namespacesOf(networkNameOf(dev))) await run(["ip", "netns", "delete", name]);
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // What is left is named below.
  }
  const folders = stores.flatMap((store) => outsideOfStore(store) ?? []);
  return findLeftovers({ directory, network: networkNameOf(dev), folders, containers });
}

function namesIn(folder: string): string[] {
  return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
}

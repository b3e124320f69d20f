import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { BeeError } from "@beemesh/base";
import type { FilePlan, VolumePlan } from "@beemesh/ports";
import { run } from "./command.ts";
import { mountsUnder } from "./mounts.ts";

/** Memory that a volume in memory may hold unless its plan says otherwise, as Kubernetes has it. */
const memoryShare = "50%";

/**
 * Makes a volume of a pod ready, or finds it ready.
 *
 * @param home - Where this volume of this pod may keep its things. The folder above it is closed
 *   to everybody else; the volume itself is not, for a container may run as any user.
 * @param canMount - Whether memory can be mounted; if not, a volume in memory is a folder.
 * @returns What to mount in containers.
 * @throws {BeeError} `start-failed`
 */
export async function prepareVolume(
  volume: VolumePlan,
  home: string,
  canMount: boolean,
): Promise<string> {
  if (volume.kind === "host") return hostVolume(volume.path, volume.type);
  if (volume.kind === "files") return filesVolume(volume, home);
  mkdirSync(home, { recursive: true });
  if (volume.inMemory && canMount && mountsUnder(home).length === 0) {
    const size = `size=${volume.sizeBytesMax ?? memoryShare},mode=0777`;
    await run("mount", ["-t", "tmpfs", "-o", size, "beemesh", home]);
  }
  // Any user may write, as Kubernetes has it; mkdir alone would heed the umask.
  chmodSync(home, 0o777);
  giveGroup(home, volume.group, dirGroupMode | writeMode);
  return home;
}

/** Bits that a group gets of a folder: into it, and what is made in it is the group's as well. */
const dirGroupMode = 0o2110;

/** Bits that owner and group get of what they may only read, and of what they may write. */
const readMode = 0o440;
const writeMode = 0o660;

/**
 * Gives something to a group, as a kubelet gives volumes to the group of their pod. Only root can.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
function giveGroup(path: string, group: number | undefined, mode: number): void {
  if (group === undefined || process.getuid?.() !== 0) return;
  chownSync(path, -1, group);
  chmodSync(path, (statSync(path).mode & 0o7777) | mode);
}

/** The folder of files is made aside and then put in its place, so it is never seen half. */
function filesVolume(
  { files, group }: Extract<VolumePlan, { kind: "files" }>,
  home: string,
): string {
  const aside = `${home}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  for (const file of files) writeFile(file, aside, group);
  giveGroup(aside, group, dirGroupMode | readMode);
  // A volume that is there already has the same files: a pod's plan never changes.
  if (statSync(home, { throwIfNoEntry: false }) === undefined) renameSync(aside, home);
  else rmSync(aside, { recursive: true, force: true });
  return home;
}

/**
 * Writes the files of a volume anew, while containers may read them: each takes the place of the
 * old one at once, and what is not among them goes. The folder itself stays, for it is what is
 * mounted.
 *
 * @param group - May read all of them, whatever their modes say.
 * @throws {BeeError} `start-failed` for a path that leads out of the volume.
 */
export function replaceFiles(
  files: readonly FilePlan[],
  home: string,
  group: number | undefined,
): void {
  for (const file of files) {
    const path = `${file.path}.new`;
    writeFile({ ...file, path }, home, group);
    renameSync(join(home, normalize(path)), join(home, normalize(file.path)));
  }
  const kept = new Set(files.map(({ path }) => normalize(path)));
  for (const entry of readdirSync(home, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !kept.has(relative(home, path))) rmSync(path, { force: true });
  }
}

function writeFile(
  { path, content, mode }: FilePlan,
  folder: string,
  group: number | undefined,
): void {
  const inside = normalize(path);
  if (inside.startsWith("..") || inside.startsWith("/")) {
    throw failed(`write file "${path}"`, "it is outside of its volume");
  }
  const target = join(folder, inside);
  makeFolders(dirname(inside), folder, group);
  writeFileSync(target, Buffer.from(content, "base64"));
  chmodSync(target, mode & 0o777);
  giveGroup(target, group, readMode);
}

/** Makes a folder and those above it, each of which the group may enter. */
function makeFolders(inside: string, folder: string, group: number | undefined): void {
  mkdirSync(join(folder, inside), { recursive: true });
  const parts = inside === "." ? [] : inside.split("/");
  for (const index of parts.keys()) {
    const path = join(folder, ...parts.slice(0, index + 1));
    giveGroup(path, group, dirGroupMode | readMode);
  }
}

const hostChecks: Readonly<Record<string, (path: string) => boolean>> = {
  Directory: (path) => statSync(path).isDirectory(),
  File: (path) => statSync(path).isFile(),
  Socket: (path) => statSync(path).isSocket(),
  CharDevice: (path) => statSync(path).isCharacterDevice(),
  BlockDevice: (path) => statSync(path).isBlockDevice(),
};

/** Source: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types */
function hostVolume(path: string, type: string): string {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (type === "DirectoryOrCreate" && !isThere) mkdirSync(path, { recursive: true, mode: 0o755 });
  else if (type === "FileOrCreate" && !isThere) writeFileSync(path, "", { mode: 0o644 });
  else if (!isThere) throw failed(`use host path ${path}`, "it is not there");
  const wanted = type.replace("OrCreate", "");
  if (wanted !== "" && hostChecks[wanted]?.(path) !== true) {
    throw failed(`use host path ${path}`, `it is no ${wanted}`);
  }
  return path;
}

function failed(what: string, state: string): BeeError {
  return new BeeError("start-failed", `Cannot ${what}: ${state}`);
}

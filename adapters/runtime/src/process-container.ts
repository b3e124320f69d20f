import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BeeError } from "@beemesh/base";
import type { ContainerExit, ContainerPlan } from "@beemesh/ports";
import { parseJson } from "@beemesh/wire";
import { numberAt, textAt } from "./answer.ts";
import { findCommand, isExecutable, run } from "./command.ts";
import { userOf } from "./container-user.ts";
import type { BindMount, KeptPlan } from "./pod-folder.ts";
import type { ProcessImage } from "./process-images.ts";
import { identifyChild, type ProcessId } from "./process-table.ts";

/** What is to be started, and where. */
export interface LaunchOrder {
  readonly pod: KeptPlan;
  readonly plan: ContainerPlan;
  readonly image: ProcessImage;
  readonly mounts: readonly BindMount[];
  /** This attempt's own folder. */
  readonly home: string;
  readonly logPath: string;
  /** What the container writes about its end, if its plan says where. */
  readonly lastWordsPath: string;
  /** The driver's folder, by which its processes are found again. */
  readonly store: string;
}

/** A process group that was started, as it is kept on disk for the next life of the daemon. */
export interface Launched {
  readonly id: ProcessId;
  readonly imageId: string;
  readonly startedAtMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
}

/** The exit code of a process that was killed with its shell, so nobody wrote it down. */
const killedExitCode = 137;

/**
 * Waits for the command and writes down how it ended, for whoever is there to read it then. The
 * shell hears the signals that its command gets, but only the command ends by them.
 */
const keeper = `trap : TERM INT HUP QUIT
note=$1; shift
"$@"
code=$?
echo $code >"$note.new" && mv "$note.new" "$note"
exit $code`;

/**
 * Starts a container as a process group of its own.
 *
 * @throws {BeeError} `start-failed`
 */
export async function launch(
  order: LaunchOrder,
): Promise<{ readonly launched: Launched; readonly child: ChildProcess }> {
  const { home, image, logPath, plan } = order;
  const environment = environmentOf(order);
  const root = furnish(order);
  const workingDir = join(root, plan.workingDir ?? image.workingDir);
  mkdirSync(workingDir, { recursive: true });
  const command = withUser(plan, resolveCommand(commandOf(plan, image), environment, workingDir));
  const log = openSync(logPath, "a", 0o600);
  const stdin = plan.stdin ? await openPipe(join(home, "stdin")) : undefined;
  rmSync(join(home, "exit"), { force: true });
  const child = spawn("/bin/sh", ["-c", keeper, "beemesh", join(home, "exit"), ...command], {
    detached: true,
    cwd: workingDir,
    env: environment,
    stdio: [stdin ?? "ignore", log, log],
  });
  closeSync(log);
  if (stdin !== undefined) closeSync(stdin);
  child.on("error", () => {});
  child.unref();
  const id = identifyChild(child.pid ?? 0);
  if (id === undefined) throw failed(plan.name, "its process did not start");
  const startedAtMs = Date.now();
  const launched = { id, imageId: image.id, startedAtMs, environment, workingDir };
  writeFileSync(join(home, "launched.json"), JSON.stringify(launched), { mode: 0o600 });
  return { launched, child };
}

/** What an earlier life started in this folder; undefined if it did not come so far. */
export function readLaunched(home: string): Launched | undefined {
  const path = join(home, "launched.json");
  if (!existsSync(path)) return undefined;
  const value = parseJson(readFileSync(path, "utf8"));
  if (numberAt(value, "id", "pid") === 0 || textAt(value, "workingDir") === "") return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `launch` alone
  return value as unknown as Launched;
}

/** How it ended, once its processes are gone. */
export function readExit(home: string): ContainerExit {
  const path = join(home, "exit");
  const isNoted = existsSync(path);
  const exitCode = isNoted ? Number(readFileSync(path, "utf8").trim()) : killedExitCode;
  const finishedAtMs = isNoted ? Math.round(statSync(path).mtimeMs) : Date.now();
  const signal = exitCode > 128 ? { signal: exitCode - 128 } : {};
  return { exitCode, outOfMemory: false, finishedAtMs, ...signal };
}

/**
 * Finds the program: by its path, or in PATH.
 *
 * @throws {BeeError} `start-failed` if it is not there.
 */
export function resolveCommand(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  workingDir: string,
): string[] {
  const [program = "", ...args] = command;
  const path = program.includes("/")
    ? [join(workingDir, program), program].find((candidate) => isExecutable(candidate))
    : findCommand(program, environment["PATH"]);
  if (path === undefined) throw failed(program, "there is no such program");
  return [path, ...args];
}

function commandOf(plan: ContainerPlan, image: ProcessImage): readonly string[] {
  if (plan.command.length > 0) return [...plan.command, ...plan.args];
  return [...image.entrypoint, ...(plan.args.length > 0 ? plan.args : image.cmd)];
}

function environmentOf({ image, mounts, plan, pod, store }: LaunchOrder): Record<string, string> {
  const volumes = mounts.map(({ source, volume }) => [
    `BEEMESH_VOLUME_${volume.toUpperCase().replaceAll("-", "_")}`,
    source,
  ]);
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    HOSTNAME: pod.hostname,
    HOST: pod.ip,
    ...image.env,
    ...Object.fromEntries(plan.env.map(({ name, value }) => [name, value])),
    ...Object.fromEntries(volumes),
    BEEMESH_POD_IP: pod.ip,
    BEEMESH_POD_UID: pod.uid,
    BEEMESH_STORE: `${store}/pods/${pod.uid}`,
  };
}

/**
 * Lays out the working folder: the image's files, and volumes and what is written about the end at
 * their paths below it.
 */
function furnish({ home, image, lastWordsPath, mounts, plan }: LaunchOrder): string {
  const root = join(home, "root");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const { termination } = plan;
  const words = termination && { destination: termination.path, source: lastWordsPath };
  for (const { destination, source } of [...mounts, ...(words === undefined ? [] : [words])]) {
    const path = join(root, destination);
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) symlinkSync(source, path);
  }
  for (const name of readdirSync(image.rootfs)) {
    if (!existsSync(join(root, name))) symlinkSync(join(image.rootfs, name), join(root, name));
  }
  return root;
}

/** An image of this driver names no user: what it starts runs as the driver does. */
function withUser({ name, security = {} }: ContainerPlan, command: string[]): string[] {
  const own = process.getuid?.();
  const user = userOf(security, String(own ?? ""));
  const isOther = user !== undefined && user !== String(own);
  const flags = [
    ...(isOther ? userFlags(user, security.groups ?? []) : []),
    ...(security.noNewPrivileges === true ? ["--no-new-privs"] : []),
  ];
  if (flags.length === 0) return command;
  if (findCommand("setpriv") !== undefined) return ["setpriv", ...flags, "--", ...command];
  throw failed(name, `it cannot run as user ${user ?? own}: there is no setpriv`);
}

function userFlags(user: string, groups: readonly number[]): string[] {
  const [uid = "", gid = uid] = user.split(":");
  const others = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  return [`--reuid=${uid}`, `--regid=${gid}`, others];
}

/** A pipe with a name, held open on both ends, so that writers may come and go. */
async function openPipe(path: string): Promise<number> {
  if (!existsSync(path)) await run("mkfifo", ["-m", "600", path]);
  return openSync(path, constants.O_RDWR);
}

function failed(what: string, state: string): BeeError {
  return new BeeError("start-failed", `Cannot start ${what}: ${state}`);
}

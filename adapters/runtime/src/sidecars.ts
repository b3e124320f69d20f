import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BeeError, hashOf } from "@beemesh/base";
import type { SidecarLine } from "@beemesh/ports";
import { toolPath } from "./command.ts";
import { EventSource } from "./event-source.ts";
import { sidecarEnvironment, sidecarNodeFlags } from "./node-flags.ts";
import { end, identify, readProcessId } from "./process-table.ts";

export interface SidecarsOptions {
  /** The driver's folder. Sockets lie in it, so its path has at most 80 bytes. */
  readonly folder: string;
  /** The sidecar's program, JavaScript or TypeScript. */
  readonly sidecarPath: string;
  /**
   * Takes a copy of the descriptor by which a process reads its pod's device; undefined if it has
   * none. It may throw: then what waits in the device's queue is lost with its sidecar.
   */
  readonly takeDevice?: ((pid: number) => number | undefined) | undefined;
}

/** Where a sidecar stands: in a pod, or beside a program that is in none. */
export type SidecarSite = PodSite | ProgramSite;

/** Where a pod's sidecar stands, and the pod's own addresses. */
interface PodSite {
  readonly uid: string;
  /** The file that keeps the pod's network namespace. */
  readonly network: string;
  readonly ip: string;
  readonly ip6: string;
}

/** A program outside pods: its sidecar stands in this process's own network. */
export interface ProgramSite {
  readonly uid: string;
  /** The one address that its sidecar connects to. */
  readonly address: string;
  /** Whose identity it has: a sidecar never changes its own. */
  readonly serviceAccount: string;
  /** Services that it calls by ports of this machine, as the sidecar's program takes them. */
  readonly reaches: readonly string[];
}

/** A sidecar is up 40 ms after its start; on a machine under heavy load it may take seconds. */
const upMsMax = 10_000;
const askMs = 5;

/** Waits before a sidecar that died is started again: doubled from the first to the last. */
const againMsMin = 50;
const againMsMax = 5000;

/** Bytes of the answer line of a sidecar, such as `error ECONNREFUSED`. */
const answerBytesMax = 64;

interface KeptSidecar {
  readonly site: SidecarSite;
  /** Settled when the sidecar answers, or can not be brought to it. */
  up: Promise<void>;
  channel: Socket | undefined;
  againMs: number;
  /**
   * The pod's device, held open beside the sidecar: the kernel drops what waits in its queue when
   * nobody has it open, and a program that has asked for a name would wait five seconds.
   */
  device: number | undefined;
}

/** Where a new sidecar finds the device that was held: the first after its standard streams. */
const deviceDescriptor = 3;

/** The files of one sidecar: its two sockets, its process's identity, its last words. */
const fileKinds = ["sock", "fd", "json", "log"];

/**
 * Keeps one sidecar process in the network namespace of every pod, or one beside every program
 * that is in no pod; a folder holds those of one kind. A sidecar outlives this
 * process; the next one finds it by its socket and takes it over.
 */
export class Sidecars {
  readonly #folder: string;
  readonly #store: string;
  readonly #program: string;
  readonly #takeDevice: SidecarsOptions["takeDevice"];
  readonly #sidecars = new Map<string, KeptSidecar>();
  readonly #lines = new EventSource<SidecarLine>();

  constructor(options: SidecarsOptions) {
    this.#store = options.folder;
    this.#folder = join(options.folder, "sidecars");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#program = options.sidecarPath;
    this.#takeDevice = options.takeDevice;
  }

  /** Starts a sidecar, or takes over the one that stands there. Does not wait for it. */
  keep(site: SidecarSite): void {
    if (this.#sidecars.has(site.uid)) return;
    const sidecar: KeptSidecar = {
      site,
      up: Promise.resolve(),
      channel: undefined,
      againMs: againMsMin,
      device: undefined,
    };
    this.#sidecars.set(site.uid, sidecar);
    sidecar.up = this.#raise(sidecar);
    sidecar.up.catch(() => {});
  }

  /**
   * Calls `listener` with every sidecar that stands, now and later; returns how to stop that.
   *
   * Whoever comes or goes, channels that stand are opened anew: so a listener reads each from its
   * first word on, and a channel that nobody reads any more does not hide the end of its sidecar.
   */
  onLine(listener: (line: SidecarLine) => void): () => void {
    const stop = this.#lines.listen(listener);
    this.#reopen();
    return () => {
      stop();
      this.#reopen();
    };
  }

  /**
   * A connection to the sidecar itself, for another sidecar: TLS follows, and an end to the
   * connection answers what the sidecar does not like. It is paused, nothing was read of it, and
   * all is written, so that its descriptor may go elsewhere.
   *
   * @throws {BeeError} `pod-unknown`, `runtime-unavailable`
   */
  async carry(uid: string): Promise<Socket> {
    const sidecar = this.#known(uid);
    const until = performance.now() + upMsMax;
    return this.#reach(sidecar, until, (path) => dial(path, "carry\n"));
  }

  /**
   * A connection to a port inside the pod.
   *
   * @throws {BeeError} `connection-refused` if nothing listens there, `runtime-unavailable` if the
   *   sidecar does not answer.
   */
  async enter(uid: string, port: number): Promise<Socket> {
    const sidecar = this.#known(uid);
    const until = performance.now() + upMsMax;
    const { socket, answer } = await this.#reach(sidecar, until, (path) =>
      ask(path, `connect ${port}\n`),
    );
    if (answer === "ok") return socket;
    socket.destroy();
    const code = answer.split(" ")[1] ?? "EIO";
    throw new BeeError("connection-refused", `Cannot connect to port ${port}: ${code}`, {
      facts: { port, code },
    });
  }

  /** Whether a sidecar is kept for this uid. */
  has(uid: string): boolean {
    return this.#sidecars.has(uid);
  }

  /** Ends the sidecar of a pod or program that is going. */
  async drop(uid: string): Promise<void> {
    const sidecar = this.#sidecars.get(uid);
    this.#sidecars.delete(uid);
    sidecar?.channel?.destroy();
    await sidecar?.up.catch(() => {});
    sidecar?.channel?.destroy();
    if (sidecar !== undefined) letGo(sidecar);
    await this.#remove(sidecar === undefined ? shortNameOf(uid) : nameOf(sidecar.site));
  }

  /** Ends the sidecars of earlier lives of this process that nobody has asked to keep. */
  async sweep(): Promise<void> {
    const found = new Set(readdirSync(this.#folder).map((file) => file.split(".")[0] ?? ""));
    for (const { site } of this.#sidecars.values()) found.delete(nameOf(site));
    await Promise.all([...found].map((name) => this.#remove(name)));
  }

  /** Lets go of all sidecars. They stay. */
  close(): void {
    for (const sidecar of this.#sidecars.values()) {
      sidecar.channel?.destroy();
      letGo(sidecar);
    }
    this.#sidecars.clear();
    this.#lines.close();
  }

  #known(uid: string): KeptSidecar {
    const sidecar = this.#sidecars.get(uid);
    if (sidecar !== undefined) return sidecar;
    throw new BeeError("pod-unknown", "Cannot enter pod: it is not there");
  }

  /** Tries again if the sidecar dies meanwhile: then it is being raised anew. */
  async #reach<Reached>(
    sidecar: KeptSidecar,
    until: number,
    reach: (path: string) => Promise<Reached>,
  ): Promise<Reached> {
    for (;;) {
      await sidecar.up;
      try {
        return await reach(this.#path(nameOf(sidecar.site), "sock"));
      } catch (cause) {
        if (this.#sidecars.get(sidecar.site.uid) !== sidecar || performance.now() > until) {
          const message = "Cannot enter pod: its sidecar died";
          throw new BeeError("runtime-unavailable", message, { cause });
        }
        await sleep(askMs);
      }
    }
  }

  #reopen(): void {
    for (const sidecar of this.#sidecars.values()) {
      sidecar.againMs = againMsMin;
      sidecar.channel?.destroy();
    }
  }

  /** Opens the channel to the sidecar that stands there, or to one that it starts. */
  async #raise(sidecar: KeptSidecar): Promise<void> {
    const { uid } = sidecar.site;
    const name = nameOf(sidecar.site);
    if (await this.#open(sidecar)) return;
    await this.#end(name);
    const child = this.#spawn(sidecar);
    const until = performance.now() + upMsMax;
    while (this.#sidecars.get(uid) === sidecar) {
      if (await this.#open(sidecar)) return;
      if (child.exitCode !== null || performance.now() > until) break;
      await sleep(askMs);
    }
    if (this.#sidecars.get(uid) === sidecar) this.#raiseAgain(sidecar);
    throw new BeeError("runtime-unavailable", `Cannot enter pod: ${this.#lastWord(name)}`);
  }

  /** Opens the channel to the sidecar that stands there, if one does. */
  async #open(sidecar: KeptSidecar): Promise<boolean> {
    const { uid } = sidecar.site;
    const name = nameOf(sidecar.site);
    const reached = await ask(this.#path(name, "sock"), "control\n").catch(() => undefined);
    if (reached === undefined) return false;
    const { answer, socket } = reached;
    if (answer !== "ok") {
      socket.destroy();
      return false;
    }
    const openedAt = performance.now();
    sidecar.channel = socket;
    this.#hold(sidecar);
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      // One that ends soon may do so again and again.
      if (performance.now() - openedAt > againMsMax) sidecar.againMs = againMsMin;
      this.#raiseAgain(sidecar);
    });
    socket.unref();
    // Whoever listens reads it; else it is read for its end alone, and nothing of it is kept.
    if (this.#lines.size === 0) socket.resume();
    else this.#lines.tell({ uid, channel: socket, descriptors: this.#path(name, "fd") });
    return true;
  }

  #raiseAgain(sidecar: KeptSidecar): void {
    if (this.#sidecars.get(sidecar.site.uid) !== sidecar) return;
    sidecar.channel = undefined;
    const waitMs = sidecar.againMs;
    sidecar.againMs = Math.min(2 * sidecar.againMs, againMsMax);
    sidecar.up = sleep(waitMs, undefined, { ref: false }).then(() =>
      this.#sidecars.get(sidecar.site.uid) === sidecar ? this.#raise(sidecar) : undefined,
    );
    sidecar.up.catch(() => {});
  }

  /** Holds the pod's device open beside the sidecar that has opened it. */
  #hold(sidecar: KeptSidecar): void {
    const { site } = sidecar;
    const isGone = this.#sidecars.get(site.uid) !== sidecar;
    if (sidecar.device !== undefined || "address" in site || isGone) return;
    const id = readProcessId(readIfThere(this.#path(nameOf(site), "json")));
    try {
      if (id !== undefined) sidecar.device = this.#takeDevice?.(id.pid);
    } catch {
      // A kernel or container that does not let it: all else goes on without.
    }
  }

  #spawn({ site, device }: KeptSidecar): ChildProcess {
    const name = nameOf(site);
    const log = openSync(this.#path(name, "log"), "w", 0o600);
    const [command = "", ...args] = this.#commandOf(site);
    const child = spawn(command, args, {
      detached: true,
      stdio: ["ignore", "ignore", log, ...(device === undefined ? [] : [device])],
      env: {
        ...sidecarEnvironment,
        PATH: toolPath(),
        BEEMESH_STORE: this.#store,
        BEEMESH_POD_UID: site.uid,
        ...(device !== undefined && { BEEMESH_DEVICE: String(deviceDescriptor) }),
      },
    });
    closeSync(log);
    child.on("error", () => {});
    child.unref();
    const id = identify(child.pid ?? 0);
    if (id !== undefined) writeFileSync(this.#path(name, "json"), JSON.stringify(id));
    return child;
  }

  #commandOf(site: SidecarSite): readonly string[] {
    const name = nameOf(site);
    const paths = [this.#path(name, "sock"), this.#path(name, "fd")];
    const node = [process.execPath, ...sidecarNodeFlags, this.#program];
    if ("address" in site) return [...node, "outside", ...paths, site.address, ...site.reaches];
    return ["nsenter", `--net=${site.network}`, ...node, ...paths, site.ip, site.ip6];
  }

  async #remove(name: string): Promise<void> {
    await this.#end(name);
    for (const kind of fileKinds) rmSync(this.#path(name, kind), { force: true });
  }

  /** Ends the process that was started last under this name, by us or in an earlier life. */
  async #end(name: string): Promise<void> {
    const id = readProcessId(readIfThere(this.#path(name, "json")));
    if (id !== undefined) await end(id, "SIGKILL", 2000);
  }

  #lastWord(name: string): string {
    const log = readIfThere(this.#path(name, "log")).trim();
    return (
      log.split("\n").find((line) => line.includes("Error") || line.includes("nsenter")) ??
      "its sidecar does not answer"
    );
  }

  #path(name: string, kind: string): string {
    return join(this.#folder, `${name}.${kind}`);
  }
}

/** Lets go of the device of a pod: whoever holds it keeps the pod's network alive. */
function letGo(sidecar: KeptSidecar): void {
  if (sidecar.device !== undefined) closeSync(sidecar.device);
  sidecar.device = undefined;
}

/**
 * The name of a sidecar's files. One for another address, identity or reach is another sidecar, so
 * that a successor of this process takes over none that leads to what the program was before.
 */
function nameOf(site: SidecarSite): string {
  if (!("address" in site)) return shortNameOf(site.uid);
  return shortNameOf([site.uid, site.address, site.serviceAccount, ...site.reaches].join(" "));
}

/** A short name, for the path of a socket has at most 107 bytes. */
function shortNameOf(text: string): string {
  return hashOf(text).toString(36);
}

/** Connects and says what for; settled when that is written. Nothing is read before one does so. */
function dial(path: string, header: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    // Paused before it is there, it is not even looked at for bytes.
    socket.pause();
    socket.once("error", reject);
    socket.write(header, (error) => {
      if (error) return;
      socket.off("error", reject);
      // Whoever reads the socket learns of it; nobody has to.
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** Connects, says what for, and reads the line that answers it. */
async function ask(path: string, header: string): Promise<{ socket: Socket; answer: string }> {
  const socket = await dial(path, header);
  try {
    return { socket, answer: await readLine(socket) };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Reads one line and leaves what follows in the socket, which then reads as a new one would. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = "";
    const done = (): void => void socket.off("readable", onReadable).off("error", reject);
    const onEnd = (): void => reject(new Error("the sidecar hung up"));
    const onReadable = (): void => {
      for (let byte = readByte(socket); byte !== undefined; byte = readByte(socket)) {
        if (byte === "\n" || line.length > answerBytesMax) {
          done();
          socket.off("end", onEnd);
          resolve(line);
          return;
        }
        line += byte;
      }
    };
    socket.on("readable", onReadable).on("end", onEnd).on("error", reject);
  });
}

function readByte(socket: Socket): string | undefined {
  const byte: unknown = socket.read(1);
  return Buffer.isBuffer(byte) ? byte.toString("latin1") : undefined;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

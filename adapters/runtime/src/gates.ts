import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BeeError, hashOf } from "@beemesh/base";
import { toolPath } from "./command.ts";
import { plainNodeFlags } from "./node-flags.ts";
import { writePlainScript } from "./plain-script.ts";
import { end, identify, readProcessId } from "./process-table.ts";

export interface GatesOptions {
  /** The driver's folder. Sockets lie in it, so its path has at most 80 bytes. */
  readonly folder: string;
  /** The script that stands in the pod, TypeScript or JavaScript: `main.ts` of the sidecar. */
  readonly sidecarPath: string;
}

/** Where a gate stands and which addresses a service in the pod may have bound. */
export interface GateSite {
  readonly uid: string;
  /** The file that keeps the pod's network namespace. */
  readonly network: string;
  readonly ip: string;
}

/** A gate is up 40 ms after its start; on a machine under heavy load it may take seconds. */
const upMsMax = 10_000;
const askMs = 5;

/** Waits before a gate that died is started again: doubled from the first to the last. */
const againMsMin = 50;
const againMsMax = 5000;

/** Bytes of the answer line of a gate, such as `error ECONNREFUSED`. */
const answerBytesMax = 64;

interface KeptGate {
  readonly site: GateSite;
  /** Settled when the gate answers, or can not be brought to it. */
  up: Promise<void>;
  hold: Socket | undefined;
  againMs: number;
}

/**
 * Keeps one gate process in the network namespace of every pod. A gate outlives this process; the
 * next one finds it by its socket and takes it over.
 */
export class Gates {
  readonly #folder: string;
  readonly #store: string;
  readonly #script: string;
  readonly #gates = new Map<string, KeptGate>();

  constructor(options: GatesOptions) {
    this.#store = options.folder;
    this.#folder = join(options.folder, "gates");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#script = writePlainScript(options.sidecarPath, join(this.#folder, "script"));
  }

  /** Starts a gate, or takes over the one that stands there. Does not wait for it. */
  keep(site: GateSite): void {
    if (this.#gates.has(site.uid)) return;
    const gate: KeptGate = { site, up: Promise.resolve(), hold: undefined, againMs: againMsMin };
    this.#gates.set(site.uid, gate);
    gate.up = this.#raise(gate);
    gate.up.catch(() => {});
  }

  /**
   * A connection to a port inside the pod.
   *
   * @throws {BeeError} `connection-refused` if nothing listens there, `runtime-unavailable` if the
   *   gate does not answer.
   */
  async enter(uid: string, port: number): Promise<Socket> {
    const gate = this.#gates.get(uid);
    if (gate === undefined) throw new BeeError("pod-unknown", "Cannot enter pod: it is not there");
    const until = performance.now() + upMsMax;
    const { socket, answer } = await this.#ask(gate, `connect ${port}\n`, until);
    if (answer === "ok") return socket;
    socket.destroy();
    const code = answer.split(" ")[1] ?? "EIO";
    throw new BeeError("connection-refused", `Cannot connect to port ${port}: ${code}`, {
      facts: { port, code },
    });
  }

  /** Ends the gate of a pod that is going. */
  async drop(uid: string): Promise<void> {
    const gate = this.#gates.get(uid);
    this.#gates.delete(uid);
    gate?.hold?.destroy();
    await gate?.up.catch(() => {});
    gate?.hold?.destroy();
    await this.#end(uid);
    for (const kind of ["sock", "json", "log"]) rmSync(this.#path(uid, kind), { force: true });
  }

  /** Lets go of all gates. They stay. */
  close(): void {
    for (const gate of this.#gates.values()) gate.hold?.destroy();
    this.#gates.clear();
  }

  /** Asks again if the gate dies meanwhile: then it is being raised anew. */
  async #ask(
    gate: KeptGate,
    header: string,
    until: number,
  ): Promise<{ socket: Socket; answer: string }> {
    for (;;) {
      await gate.up;
      try {
        const socket = await dial(this.#path(gate.site.uid, "sock"), header);
        return { socket, answer: await readLine(socket) };
      } catch (cause) {
        if (this.#gates.get(gate.site.uid) !== gate || performance.now() > until) {
          throw new BeeError("runtime-unavailable", "Cannot enter pod: its gate died", { cause });
        }
        await sleep(askMs);
      }
    }
  }

  /** Holds the gate that stands there, or starts one and holds that. */
  async #raise(gate: KeptGate): Promise<void> {
    const { uid } = gate.site;
    if (await this.#hold(gate)) return;
    await this.#end(uid);
    const child = this.#spawn(gate.site);
    const until = performance.now() + upMsMax;
    while (this.#gates.get(uid) === gate) {
      if (await this.#hold(gate)) return;
      if (child.exitCode !== null || performance.now() > until) break;
      await sleep(askMs);
    }
    if (this.#gates.get(uid) === gate) this.#raiseAgain(gate);
    throw new BeeError("runtime-unavailable", `Cannot enter pod: ${this.#lastWord(uid)}`);
  }

  async #hold(gate: KeptGate): Promise<boolean> {
    const socket = await dial(this.#path(gate.site.uid, "sock"), "hold\n").catch(() => undefined);
    if (socket === undefined) return false;
    const answer = await readLine(socket).catch(() => "");
    if (answer !== "ok") {
      socket.destroy();
      return false;
    }
    gate.hold = socket;
    gate.againMs = againMsMin;
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#raiseAgain(gate));
    socket.resume();
    socket.unref();
    return true;
  }

  #raiseAgain(gate: KeptGate): void {
    if (this.#gates.get(gate.site.uid) !== gate) return;
    gate.hold = undefined;
    const waitMs = gate.againMs;
    gate.againMs = Math.min(2 * gate.againMs, againMsMax);
    gate.up = sleep(waitMs, undefined, { ref: false }).then(() =>
      this.#gates.get(gate.site.uid) === gate ? this.#raise(gate) : undefined,
    );
    gate.up.catch(() => {});
  }

  #spawn(site: GateSite): ChildProcess {
    const log = openSync(this.#path(site.uid, "log"), "w", 0o600);
    const gate = [this.#script, this.#path(site.uid, "sock"), "127.0.0.1", "::1", site.ip];
    const args = [`--net=${site.network}`, process.execPath, ...plainNodeFlags, ...gate];
    const child = spawn("nsenter", args, {
      detached: true,
      stdio: ["ignore", "ignore", log],
      env: { PATH: toolPath(), BEEMESH_STORE: this.#store, BEEMESH_POD_UID: site.uid },
    });
    closeSync(log);
    child.on("error", () => {});
    child.unref();
    const id = identify(child.pid ?? 0);
    if (id !== undefined) writeFileSync(this.#path(site.uid, "json"), JSON.stringify(id));
    return child;
  }

  /** Ends the process that was started last for this pod, by us or in an earlier life. */
  async #end(uid: string): Promise<void> {
    const id = readProcessId(readIfThere(this.#path(uid, "json")));
    if (id !== undefined) await end(id, "SIGKILL", 2000);
  }

  #lastWord(uid: string): string {
    const log = readIfThere(this.#path(uid, "log")).trim();
    return (
      log.split("\n").find((line) => line.includes("Error") || line.includes("nsenter")) ??
      "its gate does not answer"
    );
  }

  /** A short name, for the path of a socket has at most 107 bytes. */
  #path(uid: string, kind: string): string {
    return join(this.#folder, `${hashOf(uid).toString(36)}.${kind}`);
  }
}

function dial(path: string, header: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      // Whoever reads the socket learns of it; nobody has to.
      socket.on("error", () => {});
      socket.write(header);
      resolve(socket);
    });
  });
}

/** Reads one line and leaves what follows in the socket, which then reads as a new one would. */
function readLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = "";
    const done = (): void => void socket.off("readable", onReadable).off("error", reject);
    const onEnd = (): void => reject(new Error("the gate hung up"));
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

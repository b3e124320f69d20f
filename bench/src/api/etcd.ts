/**
 * etcd, the store under every kube-apiserver, as a peer: the same objects put, ranged and watched,
 * through the JSON gateway that it has itself.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePorts, until } from "@beemesh/dev";
import { findPrograms } from "@beemesh/lab";

/** How long it may take to answer after its start, in milliseconds. */
const startMsMax = 20_000;

export class Etcd {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#process = child;
    this.#folder = folder;
    this.#port = port;
  }

  /** Starts one; undefined where there is none. */
  static async open(): Promise<Etcd | undefined> {
    const { etcd: program } = findPrograms("etcd");
    if (program === undefined) return undefined;
    const [port = 0, peerPort = 0] = await findFreePorts(2);
    const folder = mkdtempSync(join(tmpdir(), "beemesh-etcd-"));
    const url = `http://127.0.0.1:${port}`;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const argv = `--data-dir ${folder} --log-level error
      --listen-client-urls ${url} --advertise-client-urls ${url}
      --listen-peer-urls ${peerUrl} --initial-advertise-peer-urls ${peerUrl}
      --initial-cluster default=${peerUrl}`.split(/\s+/u);
    const env = { ...process.env, ...program.env, ETCD_UNSUPPORTED_ARCH: process.arch };
    const child = spawn(program.path, argv, { stdio: "ignore", env });
    const etcd = new Etcd(child, folder, port);
    try {
      await until("etcd", startMsMax, () => etcd.put("/ready", "yes").then(() => true));
      return etcd;
    } catch (error) {
      await etcd.close();
      throw error;
    }
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call("/v3/kv/put", { key: encoded(key), value: encoded(value) });
  }

  /** All that begins with a prefix, read whole; tells how many bytes that were. */
  async range(prefix: string): Promise<number> {
    // The first key beyond: its last character is the next one.
    const last = prefix.codePointAt(prefix.length - 1) ?? 0;
    const beyond = `${prefix.slice(0, -1)}${String.fromCodePoint(last + 1)}`;
    const body = await this.#call("/v3/kv/range", {
      key: encoded(prefix),
      range_end: encoded(beyond),
    });
    return body.length;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    if (this.#process.exitCode === null) {
      const exited = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #call(path: string, body: object): Promise<Buffer> {
    const options = { host: "127.0.0.1", port: this.#port, method: "POST", agent: this.#agent };
    return new Promise((resolve, reject) => {
      const call = request({ ...options, path }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode === 200) resolve(Buffer.concat(chunks));
          else reject(new Error(`etcd answers ${response.statusCode}`));
        });
      });
      call.on("error", reject);
      call.end(JSON.stringify(body));
    });
  }
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

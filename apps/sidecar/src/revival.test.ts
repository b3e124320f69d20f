/** What a pod's program has asked for while its sidecar was killed is answered by the next one. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { takeDescriptor } from "@beemesh/kernel";
import { makeNamespaces, namespacePath, Sidecars, unmountUnder } from "@beemesh/runtime";

const skip = (process.platform !== "linux" || process.getuid?.() !== 0) && "needs root on Linux";

/** A question of DNS for `<name>.shop.svc.cluster.local`, type A, with an id. */
function questionOf(id: number, name: string): readonly number[] {
  const labels = [name, "shop", "svc", "cluster", "local"];
  const words = labels.flatMap((label) => [label.length, ...Buffer.from(label)]);
  return [0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...words, 0, 0, 1, 0, 1];
}

/** Sends each line of bytes that it reads once, as one datagram, and never again; gives up late. */
const asking = `
  setTimeout(() => console.log("no answer"), 20_000);
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", (bytes) =>
    console.log("answer " + bytes[1] + " " + bytes.subarray(-4).join(".")));
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) =>
    socket.send(Buffer.from(JSON.parse(line)), 53, "10.96.0.10", () => console.log("sent")));`;

/** The machine's end of all channels: answers every name, and notes which process asked. */
class Machine {
  readonly asked: string[] = [];
  readonly #sidecars: Sidecars;
  #pid = 0;
  #told: () => void = () => undefined;

  constructor(sidecars: Sidecars) {
    this.#sidecars = sidecars;
    sidecars.onLine(({ channel }) => {
      assert(channel instanceof Duplex);
      const said = createInterface({ input: channel });
      said.on("line", (line) => this.#hear(JSON.parse(line), channel));
    });
  }

  /** The process number of the sidecar that has opened its channel after this was called. */
  async next(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#told = resolve;
    });
    return this.#pid;
  }

  close(): Promise<void> {
    const dropped = this.#sidecars.drop("u1");
    return dropped.then(() => this.#sidecars.close());
  }

  #hear(message: Record<string, unknown>, channel: Duplex): void {
    const { kind, id, name, pid } = message;
    if (kind === "ready") {
      this.#pid = Number(pid);
      this.#told();
    }
    if (kind !== "names") return;
    this.asked.push(`${String(name).split(".")[0]} of ${this.#pid}`);
    const records = [{ type: "A", name, address: "10.96.7.7" }];
    const answer = { kind: "names", id, status: "found", ttlSeconds: 0, records };
    channel.write(`${JSON.stringify(answer)}\n`);
  }
}

/** A program of the pod that asks for names. */
class Program {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(network: string) {
    const stdio = ["pipe", "pipe", "inherit"] as const;
    this.#child = spawn("nsenter", [`--net=${network}`, process.execPath, "-e", asking], {
      stdio: [...stdio],
    });
    const { stdout } = this.#child;
    assert(stdout);
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ask(id: number, name: string): Promise<void> {
    this.#child.stdin?.write(`${JSON.stringify(questionOf(id, name))}\n`);
    assert.equal(await this.line(), "sent");
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

test("a question that waits while the sidecar is killed is answered, once, by its successor", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "revival-"));
  const namespaces = join(folder, "namespaces");
  const [ip, ip6] = ["10.1.2.3", "fdbe:e000::1:2:3:4"];
  await makeNamespaces({ folder: namespaces, hostname: "web", ip, ip6 });
  const network = namespacePath(namespaces, "net");
  const sidecarPath = join(import.meta.dirname, "main.ts");
  const takeDevice = (pid: number): number | undefined => takeDescriptor(pid, "/dev/net/tun");
  const sidecars = new Sidecars({ folder, sidecarPath, takeDevice });
  const machine = new Machine(sidecars);
  const program = new Program(network);
  try {
    const up = machine.next();
    sidecars.keep({ uid: "u1", network, ip, ip6 });
    let pid = await up;
    await program.ask(1, "before");
    assert.equal(await program.line(), "answer 1 10.96.7.7");
    const expected = [`before of ${pid}`];
    // Twice: what was held for the first successor is there for the second one as well.
    for (const id of [2, 3]) {
      process.kill(pid, "SIGSTOP");
      await stopped(pid);
      await program.ask(id, "between");
      const successor = machine.next();
      process.kill(pid, "SIGKILL");
      const later = await successor;
      assert.notEqual(later, pid);
      assert.equal(await program.line(), `answer ${id} 10.96.7.7`);
      pid = later;
      expected.push(`between of ${pid}`);
    }
    assert.deepEqual(machine.asked, expected);
  } finally {
    await program.close();
    await machine.close();
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
  }
});

/** Waits until a process has stopped: until then it may take one thing more. */
async function stopped(pid: number): Promise<void> {
  while (!/^State:\s+T/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

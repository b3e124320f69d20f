import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch } from "node:fs";
import { connect, createServer, type Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SigningKey } from "@beemesh/identity";
import { DescriptorOutbox, descriptorOf } from "@beemesh/kernel";
import {
  makeNamespaces,
  namespacePath,
  sidecarEnvironment,
  sidecarNodeFlags,
  unmountUnder,
} from "@beemesh/runtime";
import {
  type DescriptorTag,
  descriptorLine,
  type PodFacts,
  preambleOf,
  type Route,
  readPreamble,
} from "@beemesh/workload";
import { portOf } from "../../../../test/port-of.ts";
import { certifier, FakeMachine, type Made } from "./fake-machine.ts";

/** A pod with a network of its own, and its sidecar as a process of its own. */
export interface RealPod {
  readonly facts: PodFacts;
  readonly key: SigningKey;
  readonly machine: FakeMachine;
  readonly socketPath: string;
  readonly sidecar: ChildProcess;
  readonly ip: string;
  readonly ip6: string;
  /** The file that keeps its network. */
  readonly network: string;
}

const program = join(import.meta.dirname, "../main.ts");
const hourMs = 3_600_000;

/**
 * Pods as the runtime makes them, without containers: namespaces, sidecars, and one machine that
 * hands connected sockets over as descriptors. Needs root.
 */
export class RealStage {
  readonly #folder = mkdtempSync(join(tmpdir(), "pods-"));
  readonly #mesh = SigningKey.generate().id;
  readonly #pods: RealPod[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #outbox = new DescriptorOutbox();
  readonly #port: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
    this.#welcome(socket),
  );

  async pod(name: string): Promise<RealPod> {
    if (!this.#port.listening) await once(this.#port.listen(0, "127.0.0.1"), "listening");
    const index = this.#pods.length + 1;
    const [ip, ip6] = [`10.1.2.${index}`, `fdbe:e000::${index}`];
    const namespaces = join(this.#folder, name);
    await makeNamespaces({ folder: namespaces, hostname: name, ip, ip6 });
    const network = namespacePath(namespaces, "net");
    const socketPath = join(this.#folder, `${name}.sock`);
    const own = [socketPath, join(this.#folder, `${name}.fd`), ip, ip6];
    const sidecar = this.#start(network, [process.execPath, ...sidecarNodeFlags, program, ...own]);
    const key = SigningKey.generate();
    const uid = `uid-${name}`;
    const facts: PodFacts = {
      uid,
      namespace: "shop",
      name,
      serviceAccount: name,
      mesh: this.#mesh,
      machine: "m1",
    };
    const rules = {
      routes: new Map<string, Route>(),
      admit: () => "",
      resolve: () => [],
      dial: (endpoint: { readonly uid: string }) => this.#dial(endpoint.uid),
      dialExternal: (host: string, port: number) => connect({ host, port, allowHalfOpen: true }),
      certify: certifier(key, facts, hourMs),
      issuer: "",
    };
    const machine = new FakeMachine(facts, rules, (id, socket) =>
      this.#handOver(uid, { kind: "dialed", id }, socket),
    );
    const pod = { facts, key, machine, socketPath, sidecar, ip, ip6, network };
    this.#pods.push(pod);
    await appeared(socketPath);
    await machine.attach(socketPath);
    return pod;
  }

  /** Lets programs of one pod reach a port of another under an address. */
  route(from: RealPod, to: RealPod, route: { protocol: string; ip: string; port: number }): void {
    const { uid, machine, namespace, serviceAccount } = to.facts;
    const { protocol, ip, port } = route;
    const endpoint = { uid, machine, namespace, serviceAccount, ip: to.ip, port };
    const key = `${protocol} ${ip} ${port}`;
    from.machine.rules.issuer = to.key.id;
    from.machine.rules.routes.set(key, { kind: "pod", key, endpoint });
  }

  /** Starts a program in the network of a pod. */
  start(pod: RealPod, command: readonly string[]): ChildProcess {
    return this.#start(pod.network, command);
  }

  /** Runs a program in the network of a pod to its end; what it wrote. */
  async run(pod: RealPod, command: readonly string[], input = ""): Promise<string> {
    const child = this.#start(pod.network, command);
    child.stdin?.end(input);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    }
    await once(child, "close");
    return text;
  }

  async close(): Promise<void> {
    for (const { machine } of this.#pods) machine.detach();
    for (const child of this.#children) child.kill("SIGKILL");
    this.#port.close();
    this.#outbox.close();
    await unmountUnder(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(network: string, command: readonly string[]): ChildProcess {
    const child = spawn("nsenter", [`--net=${network}`, ...command], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...sidecarEnvironment },
    });
    child.stdin.on("error", () => {});
    // What a program complains of is what a failing test is about.
    child.stderr.pipe(process.stderr, { end: false });
    this.#children.push(child);
    return child;
  }

  /** As a machine dials another one's workload port. */
  #dial(uid: string): Socket {
    const socket = connect({ port: portOf(this.#port), allowHalfOpen: true, noDelay: true });
    socket.on("error", () => socket.destroy());
    socket.write(preambleOf(uid));
    return socket;
  }

  /** As a machine takes a connection on its workload port. */
  #welcome(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    socket.once("data", (chunk: Buffer) => {
      socket.pause();
      const end = chunk.indexOf(10);
      const uid = readPreamble(chunk.toString("latin1", 0, end)) ?? "";
      const rest = chunk.subarray(end + 1);
      this.#handOver(uid, { kind: "incoming" }, socket, rest);
      this.#pods.find(({ facts }) => facts.uid === uid)?.machine.tell({ kind: "incoming" });
    });
    socket.resume();
  }

  #handOver(
    uid: string,
    tag: DescriptorTag,
    made: Made,
    rest: Uint8Array = new Uint8Array(),
  ): void {
    const pod = this.#pods.find(({ facts }) => facts.uid === uid);
    const fd = made instanceof Socket ? descriptorOf(made) : datagramDescriptorOf(made);
    if (pod === undefined || fd === undefined) throw new Error(`no pod ${uid}`);
    const bytes = Buffer.concat([Buffer.from(descriptorLine(tag)), rest]);
    this.#outbox.send(pod.socketPath.replace(/sock$/u, "fd"), fd, bytes);
    // The sidecar has it; this closes one of two descriptors and says nothing to the other end.
    if (made instanceof Socket) made.destroy();
    else made.close();
  }
}

/** A datagram socket keeps its handle, which has the descriptor, under a symbol of Node's. */
function datagramDescriptorOf(socket: object): number | undefined {
  const symbols = Object.getOwnPropertySymbols(socket);
  const symbol = symbols.find(({ description }) => description === "state symbol");
  const state: unknown = symbol && Reflect.get(socket, symbol);
  const handle: unknown = Reflect.get(Object(state), "handle");
  const fd: unknown = Reflect.get(Object(handle), "fd");
  return typeof fd === "number" ? fd : undefined;
}

/** Waits until a file is there. */
async function appeared(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  while (!existsSync(path)) await once(watcher, "change");
  watcher.close();
}

/** Whether this computer has a program. */
export function has(name: string): boolean {
  return spawnSync("which", [name]).status === 0;
}

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SigningKey } from "@beemesh/identity";
import { descriptorOf, duplicate, PlainStream } from "@beemesh/kernel";
import { descriptorLine, type Endpoint, type PodFacts, type Route } from "@beemesh/workload";
import { portOf } from "../../../../test/port-of.ts";
import type { Delivery } from "../handover.ts";
import { watchPort } from "../packet-port.ts";
import { Sidecar } from "../sidecar.ts";
import { certifier, FakeMachine, type Made } from "./fake-machine.ts";

/** A pod of a test: its sidecar, its machine, and the address that its program listens on. */
export interface StagePod {
  readonly facts: PodFacts;
  readonly key: SigningKey;
  readonly machine: FakeMachine;
  readonly sidecar: Sidecar;
  readonly socketPath: string;
  readonly ip: string;
}

const lifeMs = 3_600_000;

/**
 * Pods of one mesh in one process. Programs connect by `connect`, which does what the interceptor
 * does in a pod.
 */
export class Stage {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sidecar-"));
  /** Of each kind, for each sidecar. */
  readonly connectionsMax: number;
  readonly mesh: string = SigningKey.generate().id;
  readonly #pods: StagePod[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(connectionsMax = 1000) {
    this.connectionsMax = connectionsMax;
  }

  /** Starts a sidecar with its machine. Programs of the pod listen on `ip` of loopback. */
  async pod(name: string, ip = "127.0.0.1"): Promise<StagePod> {
    const key = SigningKey.generate();
    const facts: PodFacts = {
      uid: `uid-${name}`,
      namespace: "shop",
      name,
      serviceAccount: name,
      mesh: this.mesh,
      machine: "m1",
    };
    const socketPath = join(this.folder, `${name}.sock`);
    const inbox: Delivery[] = [];
    const handOver = (id: number, socket: Made): void => {
      if (!(socket instanceof Socket)) throw new Error("a stage has no descriptors of UDP");
      const bytes = Buffer.from(descriptorLine({ kind: "dialed", id }));
      inbox.push({ fd: descriptorFrom(socket), bytes });
    };
    const sidecar = new Sidecar({
      socketPath,
      addresses: [ip],
      interceptedPort: 0,
      connectionsMax: this.connectionsMax,
      makeTransparent: () => {},
      inbox: { receive: () => inbox.shift() },
      watch: watchPort,
      device: undefined,
    });
    const rules = {
      routes: new Map<string, Route>(),
      admit: () => "",
      resolve: () => [],
      dial: ({ uid }: Endpoint) => this.#carry(uid),
      dialExternal: (host: string, port: number) => connect({ host, port, allowHalfOpen: true }),
      certify: certifier(key, facts, lifeMs),
      issuer: "",
    };
    const machine = new FakeMachine(facts, rules, handOver);
    sidecar.open();
    await machine.attach(socketPath);
    const pod = { facts, key, machine, sidecar, socketPath, ip };
    this.#pods.push(pod);
    return pod;
  }

  /** A program of a pod that listens; `serve` is told of each connection. */
  async listen(pod: StagePod, serve: (socket: Socket) => void): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on("error", () => {});
      this.#watch(socket);
      serve(socket);
    });
    this.#servers.push(server);
    server.listen(0, pod.ip);
    await once(server, "listening");
    return portOf(server);
  }

  /** Lets programs of one pod reach a port of another under an address of a Service. */
  route(from: StagePod, to: StagePod, port: number, ip = "10.96.0.80"): void {
    const key = `tcp ${ip} 80`;
    const endpoint = endpointOf(to, port);
    from.machine.rules.issuer = to.key.id;
    from.machine.rules.routes.set(key, {
      kind: "service",
      key,
      namespace: "shop",
      name: to.facts.name,
      port: 80,
      appProtocol: "",
      endpoints: [endpoint],
    });
  }

  /** A program of a pod connects; what comes back is the program's own socket. */
  async connect(pod: StagePod, ip = "10.96.0.80", port = 80): Promise<Socket> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    server.on("connection", (socket: Socket) => {
      server.close();
      pod.sidecar.take(new PlainStream(descriptorFrom(socket)), ip, port);
    });
    const socket = connect({
      host: "127.0.0.1",
      port: portOf(server),
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#watch(socket);
    await once(socket, "connect");
    return socket;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    for (const { machine, sidecar } of this.#pods) {
      machine.detach();
      sidecar.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A stream to the sidecar of a pod, as the machine of that pod brings it there. */
  #carry(uid: string): Socket | string {
    const pod = this.#pods.find(({ facts }) => facts.uid === uid);
    if (pod === undefined) return `no pod ${uid}`;
    const socket = connect({ path: pod.socketPath, allowHalfOpen: true });
    socket.on("error", () => socket.destroy());
    socket.write("carry\n");
    return socket;
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}

/** What a socket is of; nothing of it has been read. */
function descriptorFrom(socket: Socket): number {
  const fd = duplicate(descriptorOf(socket) ?? -1);
  // This closes one of two descriptors, and says nothing to the other end.
  socket.destroy();
  return fd;
}

function endpointOf(pod: StagePod, port: number): Endpoint {
  const { uid, machine, namespace, serviceAccount } = pod.facts;
  return { uid, machine, namespace, serviceAccount, ip: pod.ip, port };
}

/** All that a socket has to say until it ends, or how it broke off. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  const ending = await new Promise<string>((resolve) => {
    socket.on("end", () => resolve(""));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.on("close", () => resolve("closed"));
  });
  return ending === "" ? text : `${text}<${ending}>`;
}

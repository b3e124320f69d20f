import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { StreamListener, socketAddress } from "@beemesh/kernel";
import type { Endpoint, Route, RouteSettings } from "@beemesh/workload";
import { Stage, type StagePod } from "./stage.ts";

const address = "10.96.0.80";
const key = `tcp ${address} 80`;

/** A program of a pod, and the port that it listens on there. */
export interface Program {
  readonly pod: StagePod;
  readonly port: number;
}

/** A pod `web` whose programs call the service `db` of several pods. */
export class ServiceStage {
  readonly stage: Stage = new Stage();
  readonly web: StagePod;
  readonly #doors: StreamListener[] = [];
  readonly #sockets = new Map<StagePod, Set<Socket>>();

  private constructor(stage: Stage, web: StagePod) {
    this.stage = stage;
    this.web = web;
  }

  static async start(): Promise<ServiceStage> {
    const stage = new Stage();
    return new ServiceStage(stage, await certified(stage.pod("web")));
  }

  pod(name: string): Promise<StagePod> {
    return certified(this.stage.pod(name));
  }

  /** A program of a pod; `serve` is told of each connection. */
  async program(pod: StagePod, serve: (socket: Socket) => void): Promise<Program> {
    const sockets = this.#sockets.get(pod) ?? new Set();
    this.#sockets.set(pod, sockets);
    const port = await this.stage.listen(pod, (socket) => {
      sockets.add(socket);
      serve(socket);
    });
    return { pod, port };
  }

  /** A program that speaks HTTP/2. */
  async http2(pod: StagePod): Promise<Program & { readonly server: Http2Server }> {
    const server = createHttp2Server();
    server.on("sessionError", () => {});
    const program = await this.program(pod, (socket) => server.emit("connection", socket));
    return { ...program, server };
  }

  /** Breaks off all connections of a pod's programs, as its end does. */
  kill(pod: StagePod): void {
    for (const socket of this.#sockets.get(pod) ?? []) socket.resetAndDestroy();
  }

  /** Makes programs the endpoints of the service. */
  route(programs: readonly Program[], settings?: RouteSettings, appProtocol = ""): void {
    const { machine } = this.web;
    const endpoints = programs.map(
      ({ pod: { facts, ip }, port }): Endpoint => ({ ...facts, ip, port }),
    );
    const named = { kind: "service", key, namespace: "shop", name: "db", port: 80 } as const;
    const route: Route = { ...named, appProtocol, endpoints, ...(settings && { settings }) };
    const issuers = new Map(programs.map(({ pod }) => [pod.facts.uid, pod.key.id]));
    machine.rules.issuer = (uid) => issuers.get(uid) ?? "";
    machine.rules.routes.set(key, route);
    machine.tell({ kind: "rerouted", route });
  }

  /** A port at which programs of `web` come to the service, for clients that connect themselves. */
  door(): number {
    const door = new StreamListener({
      address: socketAddress("127.0.0.1", 0),
      connectionsMax: this.stage.connectionsMax,
      onStream: (app) => {
        app.tune(0);
        this.web.sidecar.take(app, address, 80);
      },
    });
    this.#doors.push(door);
    return door.port;
  }

  /** What the sidecar of `web` has counted. */
  metrics(): Promise<string> {
    return this.web.machine.metrics();
  }

  close(): void {
    for (const door of this.#doors) door.close();
    this.stage.close();
  }
}

/** A pod that has its certificate: what is said on its channel is heard in order. */
async function certified(pod: Promise<StagePod>): Promise<StagePod> {
  const { machine } = await pod;
  while (!machine.heard.some(({ kind }) => kind === "certify")) await machine.metrics();
  await machine.metrics();
  return pod;
}

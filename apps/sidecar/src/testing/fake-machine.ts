import type { Socket as DatagramSocket } from "node:dgram";
import type { EventEmitter } from "node:events";
import { connect, type Socket } from "node:net";
import { issueWorkloadCertificate, type SigningKey } from "@beemesh/identity";
import { parseJson } from "@beemesh/wire";
import {
  type Caller,
  type Endpoint,
  lineLengthMax,
  type MachineMessage,
  type NameRecord,
  type PodFacts,
  type Refusal,
  type Route,
  readSidecarMessage,
  type SidecarMessage,
} from "@beemesh/workload";

/** What one machine of a test does for one sidecar. All of it may be changed by a test. */
export interface MachineRules {
  /** By `protocol ip port`. */
  readonly routes: Map<string, Route>;
  admit: (caller: Caller, port: number) => string;
  /** A connection to the endpoint's sidecar, or an error for the sidecar that asks. */
  dial: (endpoint: Endpoint) => Socket | string;
  /** What a name stands for. */
  resolve: (name: string, type: string) => readonly NameRecord[];
  /** A connection to a program outside the mesh. */
  dialExternal: (host: string, port: number) => Socket | string;
  /** A socket of UDP that is being connected to a program outside. */
  dialDatagrams?: (host: string, port: number) => DatagramSocket;
  certify: (publicKey: string) => { certificate: string; notAfterMs: number } | undefined;
  /** The peer ID that must have signed the certificate of a dialed endpoint. */
  issuer: string | ((uid: string) => string);
  /** Where spans go; nowhere if not given. */
  tracesUrl?: string;
  /** Replicas that the sidecar misses. */
  onLost?: (uids: readonly string[]) => void;
}

type Wanted = Extract<SidecarMessage, { readonly kind: "route" }>;
type Outside = Extract<SidecarMessage, { readonly kind: "dialExternal" }>;

/** What a machine makes to be handed over. */
export type Made = Socket | DatagramSocket;

/** The machine's end of the channel of one sidecar, for tests. */
export class FakeMachine {
  readonly pod: PodFacts;
  readonly rules: MachineRules;
  readonly heard: SidecarMessage[] = [];
  readonly refusals: Refusal[] = [];
  /** Hands a connected socket over, under the tag of a descriptor. */
  readonly #handOver: (id: number, made: Made) => void;
  #socket: Socket | undefined;
  #metrics: ((text: string) => void)[] = [];

  constructor(pod: PodFacts, rules: MachineRules, handOver: (id: number, made: Made) => void) {
    this.pod = pod;
    this.rules = rules;
    this.#handOver = handOver;
  }

  /** Opens the channel, in place of one that was open. */
  attach(socketPath: string): Promise<void> {
    this.detach();
    const socket = connect(socketPath);
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.write("control\n");
    let text = "";
    return new Promise((resolve) => {
      // Its file is there a moment before somebody listens.
      const onEarly = (): void => void setImmediate(() => resolve(this.attach(socketPath)));
      socket.once("error", onEarly);
      socket.on("connect", () => socket.off("error", onEarly).on("error", () => socket.destroy()));
      socket.on("data", (chunk: string) => {
        const lines = (text + chunk).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          if (line === "ok") {
            const { tracesUrl = "" } = this.rules;
            this.tell({ kind: "hello", pod: this.pod, clockOffsetMs: 0, tracesUrl });
            resolve();
          } else this.#hear(line);
        }
      });
    });
  }

  detach(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  tell(message: MachineMessage): void {
    this.#socket?.write(`${JSON.stringify(message)}\n`);
  }

  /** What the sidecar counts. */
  metrics(): Promise<string> {
    return new Promise((resolve) => {
      this.#metrics.push(resolve);
      this.tell({ kind: "collect", id: 1 });
    });
  }

  #hear(line: string): void {
    const message = readSidecarMessage(parseJson(line, { lengthMax: lineLengthMax, depthMax: 8 }));
    if (message === undefined) throw new Error(`a sidecar said ${line}`);
    this.heard.push(message);
    if (message.kind === "refused") this.refusals.push(message.refusal);
    if (message.kind === "lost") this.rules.onLost?.(message.uids);
    if (message.kind === "metrics") this.#metrics.shift()?.(message.text);
    this.#answer(message);
  }

  #answer(message: SidecarMessage): void {
    const { rules } = this;
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others ask nothing
    switch (message.kind) {
      case "certify":
        this.#certify(message.id, message.publicKey);
        return;
      case "route":
        this.tell({ kind: "route", id: message.id, route: this.#routeOf(message) });
        return;
      case "admit":
        this.#admit(message.id, rules.admit(message.caller, message.port));
        return;
      case "names":
        this.#names(message);
        return;
      case "dial":
        this.#connect(message.id, rules.dial(message.endpoint), message.endpoint.uid);
        return;
      case "dialExternal":
        this.#connect(message.id, this.#dialExternal(message));
        return;
    }
  }

  #admit(id: number, reason: string): void {
    this.tell({ kind: "verdict", id, allowed: reason === "", reason });
  }

  #names({ id, name, type }: Extract<SidecarMessage, { readonly kind: "names" }>): void {
    const records = this.rules.resolve(name, type);
    const status = records.length > 0 ? "found" : "absent";
    this.tell({ kind: "names", id, status, ttlSeconds: 5, records });
  }

  #certify(id: number, publicKey: string): void {
    const issued = this.rules.certify(publicKey);
    if (issued !== undefined) this.tell({ kind: "certificate", id, ...issued });
  }

  #routeOf({ protocol, ip, port }: Wanted): Route {
    const key = `${protocol} ${ip} ${port}`;
    return this.rules.routes.get(key) ?? { kind: "refused", key, reason: "no such route" };
  }

  #dialExternal({ protocol, host, port }: Outside): Made | string {
    const { dialDatagrams, dialExternal } = this.rules;
    if (protocol === "tcp") return dialExternal(host, port);
    return dialDatagrams?.(host, port) ?? "no datagrams";
  }

  #connect(id: number, made: Made | string, uid = ""): void {
    const { issuer: rule } = this.rules;
    const issuer = typeof rule === "string" ? rule : rule(uid);
    if (typeof made === "string") {
      this.tell({ kind: "dialed", id, error: made, issuer });
      return;
    }
    const onError = (error: Error): void =>
      this.tell({ kind: "dialed", id, error: error.message, issuer });
    const sure: EventEmitter = made;
    sure.once("error", onError);
    sure.once("connect", () => {
      sure.off("error", onError);
      this.#handOver(id, made);
      this.tell({ kind: "dialed", id, error: "", issuer });
    });
  }
}

/** Certifies as an honest machine does, for as long as it is told. */
export function certifier(key: SigningKey, pod: PodFacts, lifeMs: number): MachineRules["certify"] {
  return (publicKey) => {
    const notBeforeMs = Date.now() - 60_000;
    const notAfterMs = Date.now() + lifeMs;
    const claim = { key, publicKey, uid: pod.uid, identity: pod, notBeforeMs, notAfterMs };
    const certificate = issueWorkloadCertificate(claim);
    return certificate === undefined ? undefined : { certificate, notAfterMs };
  };
}

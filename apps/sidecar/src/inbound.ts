import type { CarrierRefusal, Opening } from "@beemesh/carrier";
import { type Connected, connectStream, PlainStream, TlsStream } from "@beemesh/kernel";
import type { SpanQueue } from "@beemesh/proxy";
import type { Refusal } from "@beemesh/workload";
import { Carrier, type CarrierKeeper } from "./carrier.ts";
import { DatagramServer } from "./datagram-server.ts";
import type { Credentials, Identity } from "./identity.ts";
import {
  carriersEachMax,
  enterMsMax,
  handshakeMsMax,
  handshakesMax,
  keepAliveSeconds,
  uncertifiedMax,
  uncertifiedMsMax,
} from "./limits.ts";
import type { Counter, Meters } from "./metrics.ts";
import { type Peer, readPeer } from "./peer.ts";
import type { Refusals } from "./refusals.ts";
import { ServerTap } from "./server-tap.ts";
import { Splice } from "./splice.ts";
import type { Verdicts } from "./verdicts.ts";
import type { Watching } from "./watching.ts";

export interface InboundOptions {
  readonly identity: Identity;
  readonly verdicts: Verdicts;
  readonly watching: Pick<Watching, "heard" | "receive">;
  readonly meters: Meters;
  readonly refusals: Refusals;
  readonly nowMs: () => number;
  /** The mesh of this workload; undefined until the machine has said it. */
  readonly mesh: () => string | undefined;
  /** This workload's SPIFFE ID. */
  readonly name: () => string;
  /** Where the pod's programs listen, tried in this order. */
  readonly addresses: readonly string[];
  readonly carriersMax: number;
  /** Where spans of what is called here go; undefined while nobody wants any. */
  readonly traced: () => SpanQueue | undefined;
}

/** Takes connections of other sidecars, and brings those that may enter to the pod's programs. */
export class Inbound implements CarrierKeeper {
  readonly #options: InboundOptions;
  /** Handshakes under way, the oldest first. */
  readonly #handshakes = new Set<TlsStream>();
  readonly #peers = new Map<Carrier, Peer>();
  /** Streams that came before there was a certificate to show. */
  readonly #early = new Set<PlainStream>();
  #certified: Promise<Credentials | undefined> | undefined;
  /** How many of them are of one workload, by its uid. */
  readonly #carriersOf = new Map<string, number>();
  readonly #bytesIn: Counter;
  readonly #bytesOut: Counter;

  constructor(options: InboundOptions) {
    this.#options = options;
    const { meters } = options;
    this.#bytesIn = meters.counter("beemesh_workload_bytes_total", { direction: "in" });
    this.#bytesOut = meters.counter("beemesh_workload_bytes_total", { direction: "out" });
  }

  /** Carriers that others have made. */
  get size(): number {
    return this.#peers.size;
  }

  /**
   * Takes the descriptor of a stream at whose other end a sidecar should begin with TLS.
   *
   * @param early - What was read of it already.
   */
  take(fd: number, early: Uint8Array): void {
    const { credentials } = this.#options.identity;
    if (credentials === undefined) void this.#wait(new PlainStream(fd), early);
    else this.#begin(fd, early, credentials);
  }

  close(): void {
    for (const stream of this.#early) stream.destroy();
    for (const tls of this.#handshakes) tls.destroy();
    for (const carrier of this.#peers.keys()) carrier.destroy();
  }

  /** Keeps a stream until this workload can show who it is: for a few, and for a short time. */
  async #wait(stream: PlainStream, early: Uint8Array): Promise<void> {
    if (this.#early.size >= uncertifiedMax) {
      stream.destroy();
      this.#count("identity");
      return;
    }
    this.#early.add(stream);
    const { promise: gone, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      stream.destroy();
      resolve(undefined);
    }, uncertifiedMsMax);
    // One wait for all: those who give up meanwhile leave nothing behind.
    this.#certified ??= this.#options.identity.whenReady().finally(() => {
      this.#certified = undefined;
    });
    const credentials = await Promise.race([this.#certified, gone]);
    clearTimeout(timer);
    this.#early.delete(stream);
    if (credentials !== undefined && stream.isOpen) {
      this.#begin(stream.detach(), early, credentials);
    } else {
      stream.destroy();
      this.#count("identity");
    }
  }

  #begin(fd: number, early: Uint8Array, { context }: Credentials): void {
    const tls = new TlsStream(fd, context, { isServer: true, early });
    tls.tune(keepAliveSeconds);
    this.#shakeHands(tls);
  }

  /** Ends the oldest carrier that carries nothing: whoever holds it makes another when need be. */
  #dropIdle(): void {
    for (const carrier of this.#peers.keys()) {
      if (!carrier.isIdle) continue;
      carrier.destroy();
      this.#count("dropped");
      return;
    }
  }

  onOpen(carrier: Carrier, opening: Opening): void {
    const peer = this.#peers.get(carrier);
    if (peer === undefined) {
      carrier.destroy();
      return;
    }
    carrier.pause();
    void this.#admit(carrier, peer, opening);
  }

  onIdle(): void {}

  onLost(carrier: Carrier): void {
    const uid = this.#peers.get(carrier)?.caller.uid ?? "";
    this.#peers.delete(carrier);
    const others = (this.#carriersOf.get(uid) ?? 1) - 1;
    if (others > 0) this.#carriersOf.set(uid, others);
    else this.#carriersOf.delete(uid);
  }

  #shakeHands(tls: TlsStream): void {
    if (this.#handshakes.size >= handshakesMax) {
      for (const oldest of this.#handshakes) {
        this.#handshakes.delete(oldest);
        oldest.destroy();
        break;
      }
    }
    this.#handshakes.add(tls);
    const timer = setTimeout(() => tls.destroy(), handshakeMsMax);
    tls.shakeHands((isSecure) => {
      clearTimeout(timer);
      this.#handshakes.delete(tls);
      if (isSecure) this.#greet(tls);
      else this.#count("handshake");
    });
  }

  /** Looks at who is there, before a byte of it is read. */
  #greet(tls: TlsStream): void {
    const peer = readPeer(tls, this.#options.nowMs(), this.#options.mesh());
    if (typeof peer !== "string") {
      this.#keep(tls, peer);
      return;
    }
    this.#count("certificate");
    const source = tls.remote.ip || "unknown";
    tls.destroy();
    this.#report({ source, protocol: "tcp", port: 0 }, "certificate", peer);
  }

  #keep(tls: TlsStream, peer: Peer): void {
    const { uid } = peer.caller;
    const carriers = this.#carriersOf.get(uid) ?? 0;
    if (this.#peers.size >= this.#options.carriersMax) this.#dropIdle();
    if (carriers >= carriersEachMax || this.#peers.size >= this.#options.carriersMax) {
      this.#count("limit");
      tls.destroy();
      return;
    }
    this.#count("made");
    this.#carriersOf.set(uid, carriers + 1);
    this.#peers.set(new Carrier(tls, "server", this), peer);
  }

  async #admit(carrier: Carrier, peer: Peer, opening: Opening): Promise<void> {
    const { verdicts, watching, nowMs } = this.#options;
    if (peer.notAfterMs < nowMs()) {
      this.#refuse(carrier, peer, opening, expired);
      return;
    }
    const verdict = await verdicts.find(peer.caller, opening.protocol, opening.port);
    if (!verdict.allowed) {
      this.#refuse(carrier, peer, opening, { cause: "policy", reason: verdict.reason });
      return;
    }
    watching.heard(peer.caller.uid);
    if (opening.protocol === "watch") {
      if (carrier.isWanted) watching.receive(carrier, peer.caller.uid);
      else carrier.refuse(unwanted);
    } else if (opening.protocol === "udp") {
      const [host = "127.0.0.1"] = this.#options.addresses;
      if (carrier.isWanted) carrier.use(new DatagramServer(carrier, host, opening.port));
      else carrier.refuse(unwanted);
    } else this.#enter(carrier, peer, opening, this.#options.addresses);
  }

  #enter(
    carrier: Carrier,
    peer: Peer,
    opening: Opening,
    [host = "127.0.0.1", ...others]: readonly string[],
  ): void {
    const onDone = (app: Connected): void => {
      clearTimeout(timer);
      if (typeof app === "number") {
        if (others.length > 0 && carrier.isWanted) this.#enter(carrier, peer, opening, others);
        else this.#refuse(carrier, peer, opening, closed);
      } else this.#onEntered(carrier, peer, opening, app);
    };
    const giveUp = connectStream(host, opening.port, onDone);
    const timer = setTimeout(() => {
      giveUp();
      onDone(0);
    }, enterMsMax);
  }

  #onEntered(carrier: Carrier, peer: Peer, { protocol }: Opening, app: PlainStream): void {
    if (carrier.isWanted && protocol === "tcp") {
      app.tune(0);
      this.#splice(carrier, peer, app);
      return;
    }
    app.reset();
    if (carrier.isWanted) answerProbe(carrier);
    else carrier.refuse(unwanted);
  }

  #splice(carrier: Carrier, { caller }: Peer, app: PlainStream): void {
    const { meters } = this.#options;
    meters.count("beemesh_workload_connections_total", { direction: "in", result: "accepted" });
    meters.count("beemesh_workload_peer_connections_total", {
      direction: "in",
      peer: `${caller.namespace}/${caller.serviceAccount}`,
    });
    const { traced, nowMs } = this.#options;
    const spans = traced();
    const observer = {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      onAccepted: ignore,
      onRefused: ignore,
      onClose: ignore,
    };
    const tap = spans && new ServerTap(spans, nowMs);
    carrier.use(new Splice(app, carrier, observer, tap));
  }

  #refuse(carrier: Carrier, peer: Peer, opening: Opening, refusal: CarrierRefusal): void {
    const { cause, reason } = refusal;
    this.#options.meters.count("beemesh_workload_connections_total", {
      direction: "in",
      result: cause,
    });
    const protocol = opening.protocol === "udp" ? "udp" : "tcp";
    // A port that is closed is no matter of policy, and nobody's event; nor is a replica that this
    // pod's machine has not heard of yet.
    if (cause !== closed.cause && opening.protocol !== "watch") {
      this.#report({ source: peer.name, protocol, port: opening.port }, cause, reason);
    }
    carrier.refuse(refusal);
  }

  #report(
    what: Pick<Refusal, "source" | "protocol" | "port">,
    cause: string,
    reason: string,
  ): void {
    const { name, refusals } = this.#options;
    refusals.report({ direction: "in", target: name(), ...what, cause, reason });
  }

  #count(result: string): void {
    this.#options.meters.count("beemesh_workload_carriers_total", { direction: "in", result });
  }
}

const closed: CarrierRefusal = { cause: "closed", reason: "nothing listens on the port" };
const unwanted: CarrierRefusal = { cause: "reset", reason: "broken off before it was accepted" };
const expired: CarrierRefusal = { cause: "certificate", reason: "the certificate has expired" };

/** Says that the port is open, and nothing more. */
function answerProbe(carrier: Carrier): void {
  carrier.use({
    onAccepted: ignore,
    onRefused: ignore,
    onData: ignore,
    onEnd: ignore,
    onReset: ignore,
    onOver: ignore,
    onDrain: ignore,
  });
  carrier.end();
}

const ignore = (): void => {};

import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { assert, BeeError, type Instant } from "@beemesh/base";
import type { LinkEvent } from "@beemesh/ports";
import type { Json, PeerId } from "@beemesh/wire";
import type { Connection, ConnectionGater, MultiaddrConnection, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { findIn, provideIn } from "./content.ts";
import { type Counters, newCounters } from "./counters.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { Gossip } from "./gossip.ts";
import type { Door, Introduction } from "./handshake.ts";
import { Introducer } from "./introducer.ts";
import type { LinkStats, MeshLink } from "./link.ts";
import { Messenger } from "./messenger.ts";
import { Meter } from "./meter.ts";
import { watchNetwork } from "./network-watch.ts";
import type { Node, NodeOptions } from "./node.ts";
import { type HashTable, type LinkLimits, type LinkOptions, protocolOf } from "./options.ts";
import { packWrites } from "./packing.ts";
import { type Reached, Redialer } from "./redialer.ts";
import { Roster } from "./roster.ts";
import { Standing } from "./standing.ts";
import { toDuplex } from "./stream-duplex.ts";

type RefusedListener = (peer: PeerId, by: "us" | "them", reason: string) => void;

interface LibLinkOptions extends LinkOptions {
  readonly now: () => Instant;
  readonly limits: LinkLimits;
}

/** What {@link MeshLink.penalize} counts against a peer each time. */
const penaltyPoints = 10;

/** Message streams of one peer: one on each of two connections, and one that is closing. */
const messageStreamsMax = 4;

/** Streams of one name from one peer at a time. */
const streamsMax = 512;

const messageProtocol = protocolOf("msg");

/** The link: it only connects the parts. */
export class LibLink implements MeshLink {
  readonly #options: LibLinkOptions;
  readonly #counters: Counters = newCounters();
  readonly #meter = new Meter();
  readonly #standing = new Standing();
  readonly #listeners = new Set<(event: LinkEvent) => void>();
  readonly #refusedListeners = new Set<RefusedListener>();
  readonly #doorkeeper: Doorkeeper;
  readonly #roster: Roster;
  readonly #messenger: Messenger;
  readonly #redialer: Redialer;
  readonly #introducer: Introducer;
  #node: Node | undefined;
  #gossip: Gossip | undefined;
  #stopWatching: (() => void) | undefined;
  #isClosed = false;

  constructor(options: LibLinkOptions) {
    const { now, limits, random } = options;
    const counters = this.#counters;
    this.#options = options;
    this.#doorkeeper = new Doorkeeper({
      admissionMsMax: limits.admissionMsMax,
      counters,
      now,
      door: (connection) => this.#doorFor(connection),
      onAdmitted: (connection, introductions) => this.#onAdmitted(connection, introductions),
      onRefused: (peer, by, reason) => this.#onRefused(peer, by, reason),
    });
    this.#roster = new Roster({
      self: () => this.id,
      onConnected: (peer, connection) => this.#onConnected(peer, connection),
      onDisconnected: (peer) => this.#onDisconnected(peer),
      onMoved: (peer, connection) => {
        this.#messenger.onMoved(peer);
        this.#introducer.introduce(connection);
      },
    });
    this.#messenger = new Messenger({
      limits,
      counters,
      now,
      open: (peer) => this.#roster.get(peer)?.newStream(messageProtocol),
      onMessage: (from, message) => this.#emit({ kind: "message", from, message }),
      onFault: (peer, _reason, points) => this.#hold(peer, points),
      onStalled: (peer) => this.#onStalled(peer),
    });
    this.#redialer = new Redialer({
      random,
      now,
      dial: (peer, addresses) => this.#dial(peer, addresses),
      isConnected: (peer) => this.#roster.get(peer) !== undefined,
    });
    this.#introducer = new Introducer({
      identify: (connection) => this.#running.identify.identify(connection),
      connections: () => this.#connections(),
    });
  }

  get id(): PeerId {
    return this.#running.libp2p.peerId.toString();
  }

  /** What the node asks while it runs. */
  hooks(): Pick<NodeOptions, "gater" | "scoreOf"> {
    const isBarred = (peer: PeerId): boolean =>
      this.#doorkeeper.isForeign(peer) || this.#standing.isExiled(peer, this.#options.now());
    const gater: ConnectionGater = {
      denyDialPeer: (peer) => isBarred(peer.toString()),
      denyInboundEncryptedConnection: (peer, connection) => {
        this.#onEncrypted(connection);
        return isBarred(peer.toString());
      },
      denyOutboundEncryptedConnection: (peer, connection) => {
        this.#onEncrypted(connection);
        return isBarred(peer.toString());
      },
    };
    const { now } = this.#options;
    return { gater, scoreOf: (peer) => this.#standing.scoreOf(peer, now()) };
  }

  async start(node: Node): Promise<void> {
    const { counters, libp2p, registrar } = { ...node, counters: this.#counters };
    const { now, limits, admission, bootstrap } = this.#options;
    this.#node = node;
    await this.#doorkeeper.install(registrar);
    await libp2p.handle(
      messageProtocol,
      (stream, connection) => this.#onStream(stream, connection),
      {
        maxInboundStreams: messageStreamsMax,
        maxOutboundStreams: messageStreamsMax,
      },
    );
    libp2p.addEventListener("connection:open", ({ detail }) => this.#doorkeeper.receive(detail));
    libp2p.addEventListener("peer:identify", ({ detail }) => {
      const peer = detail.peerId.toString();
      this.#redialer.remember(peer, withoutPeer(detail.listenAddrs), false);
    });
    libp2p.addEventListener("peer:discovery", ({ detail }) => {
      this.#meet(detail.id.toString(), withoutPeer(detail.multiaddrs));
    });
    this.#gossip = new Gossip({
      pubsub: node.pubsub,
      limits,
      counters,
      now,
      isMember: (peer) => admission.isMember(peer),
      onBroadcast: (from, topic, message) =>
        this.#emit({ kind: "broadcast", from, topic, message }),
      onFault: (peer, _reason, points) => this.#hold(peer, points),
    });
    await libp2p.start();
    this.#stopWatching = watchNetwork(() => this.#redialer.wakeAll());
    for (const address of bootstrap ?? []) this.#bootstrap(address);
  }

  onEvent(listener: (event: LinkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onRefused(listener: RefusedListener): () => void {
    this.#refusedListeners.add(listener);
    return () => this.#refusedListeners.delete(listener);
  }

  send(to: PeerId, message: Json): void {
    if (this.#isClosed || to === this.id) return;
    this.#messenger.send(to, message);
    if (this.#roster.get(to) === undefined) this.#redialer.wake(to);
  }

  publish(topic: string, message: Json): void {
    if (!this.#isClosed) this.#gossip?.publish(topic, message);
  }

  subscribe(topic: string): void {
    if (!this.#isClosed) this.#gossip?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (!this.#isClosed) this.#gossip?.unsubscribe(topic);
  }

  remember(peer: PeerId, addresses: readonly string[]): void {
    if (this.#isClosed || peer === this.id) return;
    this.#redialer.remember(peer, addresses, true);
  }

  forget(peer: PeerId): void {
    this.#redialer.forget(peer);
  }

  penalize(peer: PeerId, _reason: string): void {
    this.#hold(peer, penaltyPoints);
  }

  addresses(): readonly string[] {
    return this.#running.libp2p.getMultiaddrs().map(String);
  }

  peers(): readonly PeerId[] {
    return this.#roster.peers();
  }

  async openStream(peer: PeerId, name: string): Promise<Duplex> {
    const connection = this.#roster.get(peer) ?? (await this.#reach(peer));
    try {
      return toDuplex(await connection.newStream(protocolOf(name)));
    } catch (cause) {
      const isUnknown = cause instanceof Error && cause.name === "UnsupportedProtocolError";
      const code = isUnknown ? "protocol-unknown" : "peer-unreachable";
      const facts = { peer, name };
      throw new BeeError(code, `Cannot open ${name} stream to ${peer}`, { facts, cause });
    }
  }

  async handleStream(name: string, handler: (peer: PeerId, stream: Duplex) => void): Promise<void> {
    await this.#running.libp2p.handle(
      protocolOf(name),
      (stream, connection) => handler(connection.remotePeer.toString(), toDuplex(stream)),
      { maxInboundStreams: streamsMax, maxOutboundStreams: streamsMax },
    );
  }

  async provide(table: HashTable, key: string): Promise<void> {
    const { tables } = this.#running;
    if (tables !== undefined) await provideIn(tables[table], key).catch(() => undefined);
  }

  async find(table: HashTable, key: string, countMax: number): Promise<readonly PeerId[]> {
    const { tables } = this.#running;
    return tables === undefined ? [] : findIn(tables[table], key, countMax).catch(() => []);
  }

  stats(): LinkStats {
    const peers = this.#connections().map((connection) => {
      const peer = connection.remotePeer.toString();
      const score = this.#standing.scoreOf(peer, this.#options.now());
      const rttMs = this.#messenger.rttMsOf(peer);
      return { peer, rttMs, score, address: connection.remoteAddr.toString() };
    });
    return { ...this.#counters, ...this.#meter.read(), peers };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#refusedListeners.clear();
    this.#stopWatching?.();
    this.#redialer.close();
    this.#introducer.close();
    this.#messenger.close();
    this.#roster.close();
    await this.#node?.libp2p.stop();
  }

  get #running(): Node {
    assert(this.#node !== undefined, "the link was started");
    return this.#node;
  }

  #emit(event: LinkEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #connections(): Connection[] {
    return this.#roster.peers().flatMap((peer) => this.#roster.get(peer) ?? []);
  }

  /** From the handshake on, what a TCP connection carries is counted and packed. */
  #onEncrypted(connection: MultiaddrConnection): void {
    if (!("socket" in connection) || !(connection.socket instanceof Socket)) return;
    this.#meter.watch(connection.socket);
    packWrites(connection.socket);
  }

  #doorFor(connection: Connection): Door {
    const { admission } = this.#options;
    const peer = connection.remotePeer.toString();
    return {
      certificate: () => admission.certificate(),
      judge: (certificate) => admission.admit(certificate, peer),
      introductions: () => this.#introductionsFor(connection),
    };
  }

  /**
   * This machine and the members connected here; loopback addresses only for who came over
   * loopback.
   */
  #introductionsFor(connection: Connection): readonly Introduction[] {
    const guest = connection.remotePeer.toString();
    const isLocal = isLoopback(connection.remoteAddr.toString());
    const own = withoutPeer(this.#running.libp2p.getMultiaddrs());
    return [this.id, ...this.#roster.peers()].flatMap((peer) => {
      const known = peer === this.id ? own : this.#redialer.addressesOf(peer);
      const addresses = known.filter((address) => isLocal || !isLoopback(address));
      return peer === guest || addresses.length === 0 ? [] : [{ peer, addresses }];
    });
  }

  #onAdmitted(connection: Connection, introductions: readonly Introduction[]): void {
    if (this.#isClosed) return;
    this.#roster.add(connection);
    for (const { peer, addresses } of introductions) this.#meet(peer, addresses);
  }

  #onRefused(peer: PeerId, by: "us" | "them", reason: string): void {
    for (const listener of this.#refusedListeners) listener(peer, by, reason);
    // A stranger leaves nothing behind.
    this.#running.libp2p.peerStore.delete(peerIdFromString(peer)).catch(() => undefined);
  }

  #onConnected(peer: PeerId, connection: Connection): void {
    this.#redialer.onConnected(peer);
    this.#introducer.introduce(connection);
    this.#emit({ kind: "connected", peer });
    this.#messenger.onConnected(peer);
  }

  #onDisconnected(peer: PeerId): void {
    if (this.#isClosed) return;
    this.#messenger.onDisconnected(peer);
    this.#gossip?.onDisconnected(peer);
    this.#redialer.onDisconnected(peer);
    this.#emit({ kind: "disconnected", peer });
  }

  #onStream(stream: Stream, connection: Connection): void {
    this.#messenger.accept(connection.remotePeer.toString(), stream);
  }

  #onStalled(peer: PeerId): void {
    this.#counters.stalls += 1;
    this.#roster.get(peer)?.abort(new Error("Nothing comes from the peer any more"));
  }

  /** Somebody told of a peer: look for it, unless it is known already. */
  #meet(peer: PeerId, addresses: readonly string[]): void {
    if (this.#isClosed || peer === this.id) return;
    this.#redialer.remember(peer, addresses, false);
  }

  #bootstrap(address: string): void {
    const [before = address, peer] = address.split("/p2p/");
    if (peer === undefined) this.#redialer.rememberAddress(before);
    else this.remember(peer, [before]);
  }

  /** Holds a fault against a peer, and cuts it off when there are too many. */
  #hold(peer: PeerId, points: number): void {
    this.#counters.penalties += 1;
    if (!this.#standing.penalize(peer, points, this.#options.now())) return;
    this.#roster.get(peer)?.abort(new Error("Too many faults"));
  }

  async #reach(peer: PeerId): Promise<Connection> {
    await this.#dial(peer, this.#redialer.addressesOf(peer));
    const connection = this.#roster.get(peer);
    if (connection !== undefined) return connection;
    throw new BeeError("peer-unreachable", `Cannot reach ${peer}: no address answers`, {
      facts: { peer },
    });
  }

  async #dial(
    peer: PeerId | undefined,
    addresses: readonly string[],
  ): Promise<Reached | undefined> {
    const { libp2p } = this.#running;
    const signal = AbortSignal.timeout(2 * this.#options.limits.admissionMsMax);
    try {
      const target = addresses.map((address) => withPeer(address, peer));
      if (target.length === 0 && peer === undefined) return undefined;
      const connection = await libp2p.dial(
        target.length > 0 || peer === undefined ? target : peerIdFromString(peer),
        { signal },
      );
      await this.#doorkeeper.admitted(connection);
      const [address = ""] = connection.remoteAddr.toString().split("/p2p/");
      return { peer: connection.remotePeer.toString(), address };
    } catch {
      return undefined;
    }
  }
}

function withPeer(address: string, peer: PeerId | undefined): Multiaddr {
  return multiaddr(peer === undefined ? address : `${address.split("/p2p/")[0]}/p2p/${peer}`);
}

function withoutPeer(addresses: readonly Multiaddr[]): string[] {
  return addresses.map((address) => address.toString().split("/p2p/")[0] ?? "");
}

function isLoopback(address: string): boolean {
  return address.startsWith("/ip4/127.") || address.startsWith("/ip6/::1/");
}

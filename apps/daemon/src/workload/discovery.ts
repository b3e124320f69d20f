import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { isJsonObject, type PeerId, parseJson } from "@beemesh/wire";
import {
  type PeerRef,
  type PeerRefClaim,
  type PeerRefService,
  readSignedPeerRef,
  type SignedPeerRef,
} from "@beemesh/workload";
import { checkPeerRef } from "@beemesh/workload-identity";
import { LineReader } from "./line-reader.ts";

/** What was found of a pod that no record here speaks of: signed by it, and checked. */
export interface FoundPeer {
  readonly ref: PeerRef;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** What a pod can say of itself. */
interface Standing {
  readonly ip: string;
  readonly services: readonly PeerRefService[];
  /** Addresses of those Services. They are not signed: by them only a namespace is found. */
  readonly serviceIps: readonly string[];
}

export interface DiscoveryOptions {
  /** This machine's peer ID and name. */
  readonly peer: PeerId;
  readonly node: string;
  readonly mesh: string;
  /** Where this machine takes connections for its pods. */
  readonly addresses: () => readonly string[];
  /** The hash table of the workload plane. */
  readonly provide: (service: string) => Promise<void>;
  readonly find: (service: string, countMax: number) => Promise<readonly PeerId[]>;
  readonly openStream: (peer: PeerId) => Promise<Duplex>;
  /** Whether a machine may speak for a namespace. */
  readonly mayAuthor: (peer: PeerId, namespace: string) => boolean;
  /** The pods of this machine whose sidecars can sign. */
  readonly pods: () => readonly string[];
  readonly standingOf: (uid: string) => Standing | undefined;
  /** Lets a sidecar sign; undefined if it does not. */
  readonly vouch: (
    uid: string,
    claim: PeerRefClaim,
  ) => Promise<Pick<SignedPeerRef, "certificate" | "signature"> | undefined>;
  /** What became of a PeerRef that a peer gave: empty for good, else why it was refused. */
  readonly onJudged: (peer: PeerId, fault: string) => void;
  /** The mesh's time. */
  readonly meshNowMs: () => number;
  /** A clock that only goes forward. */
  readonly nowMs: () => number;
}

/** What a pod says of itself is good for so long, and said again at half of it. */
const lifetimeMs = 20 * 60_000;

/** Services and addresses that one machine provides; each costs a walk through the hash table. */
const providedMax = 512;

/** Who was told of it may have gone, or nobody was there yet: it is said again after so long. */
const provideAgainMs = 5 * 60_000;

/** Walks for addresses at once: a program that tries all addresses there are is answered no. */
const seekingMax = 8;

/** Namespaces that one address is looked for in: machines give addresses without asking. */
const namespacesMax = 4;

/** Machines that are asked about one service, and PeerRefs of each that are read. */
const providersMax = 5;
const refsMax = 32;

/** How long an answer is looked for, found or not. */
const findMsMax = 1500;
const foundMs = 30_000;
const missedMs = 10_000;

/** Services whose answers are remembered. */
const rememberedMax = 1024;

/** Pods whose newest version is remembered; an older one is a lie, or a replay. */
const versionsMax = 8192;

/** A PeerRef with its certificate takes some 2 kB. */
const answerBytesMax = refsMax * 4096;
const questionBytesMax = 256;
const streamMsMax = 3000;

/** What may be asked for: a Service, or an address behind an `@`. */
const keyPattern = /^(?:[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}|@[0-9a-f.:]{2,45})$/u;

interface Offer {
  readonly text: string;
  /** What it is found by. */
  readonly keys: ReadonlySet<string>;
  readonly signed: SignedPeerRef;
}

interface Answer {
  readonly atMs: number;
  readonly peers: Promise<readonly FoundPeer[]>;
  count: number;
}

/**
 * Finds the pods behind a Service without any record of them: through a hash table of the workload
 * plane's own, where machines say which Services their pods stand behind, and by what those pods
 * have signed. No machine is believed about a pod: what is wrong is refused, and counted.
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #offers = new Map<string, Offer>();
  /** What was provided, and when. */
  readonly #provided = new Map<string, number>();
  readonly #answers = new Map<string, Answer>();
  readonly #versions = new Map<string, number>();
  #isOffering = false;
  #seeking = 0;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** Says anew what has changed of this machine's pods. To be called now and then. */
  async offer(): Promise<void> {
    if (this.#isOffering) return;
    this.#isOffering = true;
    try {
      await this.#offerAll();
    } finally {
      this.#isOffering = false;
    }
  }

  /** The pods behind a Service, as they have said it themselves. Waits a bounded time. */
  async find(service: string): Promise<readonly FoundPeer[]> {
    const known = this.#answers.get(service);
    const keptMs = known?.count === 0 ? missedMs : foundMs;
    if (known === undefined || this.#options.nowMs() - known.atMs > keptMs) this.#ask(service);
    const peers = this.#answers.get(service)?.peers ?? Promise.resolve([]);
    return Promise.race([peers, pause(findMsMax, [], { ref: false })]);
  }

  /**
   * The namespaces whose pods or Services have an address, as pods of them say. It is a hint of
   * which records to look at, and no more: those decide. Waits a bounded time.
   */
  async namespacesAt(ip: string): Promise<readonly string[]> {
    const key = `@${ip}`;
    if (!this.#answers.has(key) && this.#seeking >= seekingMax) return [];
    this.#seeking += 1;
    try {
      const found = await this.find(key);
      return [...new Set(found.map(({ namespace }) => namespace))].slice(0, namespacesMax);
    } finally {
      this.#seeking -= 1;
    }
  }

  /** What was found of the machine of a name, for one of whose Node no record is known. */
  async machineOf(
    node: string,
  ): Promise<{ readonly peer: PeerId; readonly addresses: readonly string[] } | undefined> {
    for (const { peers } of this.#answers.values()) {
      const known = await Promise.race([peers, pause(findMsMax, [], { ref: false })]);
      const found = known.find(({ ref }) => ref.node === node);
      if (found !== undefined) return { peer: found.ref.machine, addresses: found.ref.addresses };
    }
    return undefined;
  }

  /** Answers a machine that asks about a Service: with what the pods here have signed. */
  serve(stream: Duplex): void {
    stream.on("error", () => stream.destroy());
    const timer = setTimeout(() => stream.destroy(), streamMsMax);
    stream.once("close", () => clearTimeout(timer));
    readLine(stream, questionBytesMax, this.#options.nowMs, (key) => {
      const offered = [...this.#offers.values()]
        .filter(({ keys }) => keys.has(key))
        .map(({ signed }) => signed);
      stream.end(`${JSON.stringify(offered.slice(0, refsMax))}\n`);
    });
  }

  async #offerAll(): Promise<void> {
    const { pods, standingOf, provide, nowMs } = this.#options;
    const present = new Set(pods());
    for (const uid of this.#offers.keys()) if (!present.has(uid)) this.#offers.delete(uid);
    for (const uid of present) {
      const standing = standingOf(uid);
      if (standing === undefined) this.#offers.delete(uid);
      else await this.#offer(uid, standing);
    }
    const keys = new Set([...this.#offers.values()].flatMap((offer) => [...offer.keys]));
    // What nobody here stands behind any more is answered by nothing until it is forgotten there.
    for (const key of this.#provided.keys()) if (!keys.has(key)) this.#provided.delete(key);
    for (const key of keys) {
      const atMs = this.#provided.get(key);
      const isProvided = atMs !== undefined && nowMs() - atMs < provideAgainMs;
      if (isProvided || (atMs === undefined && this.#provided.size >= providedMax)) continue;
      this.#provided.set(key, nowMs());
      await provide(key);
    }
  }

  async #offer(uid: string, { ip, services, serviceIps }: Standing): Promise<void> {
    const { peer: machine, node, addresses, vouch, meshNowMs } = this.#options;
    const said = { machine, node, addresses: addresses(), ip, services };
    const text = JSON.stringify({ said, serviceIps });
    const before = this.#offers.get(uid);
    const isFresh = (before?.signed.ref.notAfterMs ?? 0) - meshNowMs() > lifetimeMs / 2;
    if (before?.text === text && isFresh) return;
    // The time serves as a version: it grows, also over a restart of this machine.
    const version = Math.max(Math.floor(meshNowMs()), (before?.signed.ref.version ?? 0) + 1);
    const claim = { ...said, version, notAfterMs: Math.floor(meshNowMs()) + lifetimeMs };
    const vouched = await vouch(uid, claim);
    if (vouched === undefined) return;
    const names = services.map(({ service }) => service);
    const keys = new Set([...names, ...[ip, ...serviceIps].map((address) => `@${address}`)]);
    this.#offers.set(uid, { text, keys, signed: { ref: { uid, ...claim }, ...vouched } });
  }

  #ask(key: string): void {
    const answer: Answer = { atMs: this.#options.nowMs(), peers: this.#lookUp(key), count: 0 };
    void answer.peers.then(({ length }) => (answer.count = length));
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > rememberedMax && oldest !== undefined) this.#answers.delete(oldest);
  }

  async #lookUp(key: string): Promise<readonly FoundPeer[]> {
    if (!keyPattern.test(key)) return [];
    const { find, peer: self } = this.#options;
    const providers = (await find(key, providersMax)).filter((peer) => peer !== self);
    const found = await Promise.all(
      providers.slice(0, providersMax).map((peer) => this.#question(peer, key)),
    );
    return found.flat();
  }

  async #question(peer: PeerId, key: string): Promise<readonly FoundPeer[]> {
    const answered = await this.#exchange(peer, key).catch(() => undefined);
    const list =
      answered === undefined
        ? undefined
        : parseJson(answered, { lengthMax: answerBytesMax, depthMax: 8 });
    if (!Array.isArray(list)) return [];
    return list.slice(0, refsMax).flatMap((json): FoundPeer[] => {
      const signed = isJsonObject(json) ? readSignedPeerRef(json) : undefined;
      const judged = signed === undefined ? "malformed" : this.#judge(peer, key, signed);
      this.#options.onJudged(peer, typeof judged === "string" ? judged : "");
      return typeof judged === "string" ? [] : [judged];
    });
  }

  /** Whether to believe a PeerRef that a machine gave; the reason if not. */
  #judge(peer: PeerId, key: string, signed: SignedPeerRef): FoundPeer | string {
    const { meshNowMs, mesh, mayAuthor } = this.#options;
    const { ref } = signed;
    const holder = checkPeerRef(signed, meshNowMs(), mesh);
    if ("fault" in holder) return holder.fault;
    const { namespace, serviceAccount } = holder.identity;
    if (ref.machine !== peer) return "of another machine";
    const fault = isAddress(key) ? faultAtAddress(ref, key) : faultAtService(ref, key, namespace);
    if (fault !== "") return fault;
    if (!mayAuthor(peer, namespace)) return "no authority";
    if (ref.notAfterMs > meshNowMs() + 2 * lifetimeMs) return "good for too long";
    // Whoever certifies another machine's pod as its own must not silence that one by it.
    const origin = `${ref.machine} ${ref.uid}`;
    if (ref.version < (this.#versions.get(origin) ?? 0)) return "stale";
    this.#versions.delete(origin);
    this.#versions.set(origin, ref.version);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > versionsMax && oldest !== undefined) this.#versions.delete(oldest);
    return { ref, namespace, serviceAccount };
  }

  async #exchange(peer: PeerId, service: string): Promise<string> {
    const stream = await this.#options.openStream(peer);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => stream.destroy(), streamMsMax);
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("no answer")));
    readLine(stream, answerBytesMax, this.#options.nowMs, resolve);
    stream.write(`${service}\n`);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      stream.destroy();
    }
  }
}

function isAddress(key: string): boolean {
  return key.startsWith("@");
}

/** Why a PeerRef is no answer to a question for an address; empty if it may be one. */
function faultAtAddress({ ip, services }: PeerRef, key: string): string {
  // Which addresses its Services have is in records; that it stands behind some is in the PeerRef.
  return key === `@${ip}` || services.length > 0 ? "" : "of another address";
}

function faultAtService({ services }: PeerRef, key: string, namespace: string): string {
  if (!key.startsWith(`${namespace}/`)) return "of another namespace";
  return services.some(({ service }) => service === key) ? "" : "of another service";
}

/** Gives the first line of a stream, if there is one. */
function readLine(
  stream: Duplex,
  lineBytesMax: number,
  nowMs: () => number,
  onFirst: (line: string) => void,
): void {
  const reader = new LineReader(stream, {
    lineBytesMax,
    rate: { perSecond: 1, burst: 1 },
    nowMs,
    onLine: (line) => {
      reader.close();
      onFirst(line);
    },
    onEnd: () => stream.destroy(),
  });
}

import type { Instant, Random } from "@beemesh/base";
import { messageBytesMax } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { Rate } from "./token-bucket.ts";

/** Who is let in. The daemon connects this to the member directory. */
export interface Admission {
  /** This machine's certificate, as text. Asked at every handshake, so it may be renewed. */
  readonly certificate: () => string;
  /** Why a certificate that `peer` shows is not good; undefined if it is. */
  readonly admit: (certificate: string, peer: PeerId) => string | undefined;
  /** Whether a peer that may not be connected here is a member, and may speak by pub/sub. */
  readonly isMember: (peer: PeerId) => boolean;
}

export interface LinkOptions {
  /** The 32-byte seed of the machine's Ed25519 key. */
  readonly seed: Uint8Array;
  /** The ID of the mesh. It names the mDNS service, by a hash. */
  readonly mesh: string;
  readonly admission: Admission;
  readonly random: Random;
  /** The monotonic clock. Default: the process's. */
  readonly now?: () => Instant;
  /**
   * Multiaddresses to listen on. Default: TCP port 7946 of every interface. A `/quic-v1` address
   * loads QUIC, if its binding can be loaded.
   */
  readonly listen?: readonly string[];
  /** Addresses to tell others instead of those listened on, such as that of a port forward. */
  readonly announce?: readonly string[];
  /** Members to begin with; with or without `/p2p/`. */
  readonly bootstrap?: readonly string[];
  /** Find members on the local network. Default: true. */
  readonly mdns?: boolean;
  /** Take part in the distributed hash tables. Default: true. */
  readonly dht?: boolean;
  /**
   * Offer TLS 1.3 before Noise. Default: false: TLS as libp2p has it refuses peers whose clock is
   * more than an hour ahead, and takes 8 MB; Noise looks at no clock.
   */
  readonly tls?: boolean;
  readonly limits?: Partial<LinkLimits>;
}

/**
 * The hash tables of the two planes, which share nothing: what is said in one is not heard in the
 * other.
 */
export type HashTable = "machine" | "workload";

export interface LinkLimits {
  /** Bytes of JSON of one message, both ways. */
  readonly messageBytesMax: number;
  /** What waits for one peer; the oldest is dropped for the newest. */
  readonly queueBytesMax: number;
  readonly queueMessagesMax: number;
  /** What waits longer than this for a connection is dropped: senders repeat themselves. */
  readonly queueAgeMsMax: number;
  /** Messages taken from one peer, pub/sub and direct each. */
  readonly rate: Rate;
  /** From connection to admission, in milliseconds. */
  readonly admissionMsMax: number;
  /** While sending, a peer from which nothing was heard for so long is cut off. */
  readonly stallMs: number;
  /** For the TCP handshake: one round trip. A lost SYN is sent again by the next try. */
  readonly connectMsMax: number;
  readonly connectionsMax: number;
}

export const defaultLimits: LinkLimits = {
  messageBytesMax,
  queueBytesMax: 4 * messageBytesMax,
  queueMessagesMax: 4096,
  queueAgeMsMax: 5000,
  rate: { perSecond: 2000, burst: 8000 },
  admissionMsMax: 5000,
  stallMs: 5000,
  connectMsMax: 1000,
  connectionsMax: 512,
};

/** What every protocol of the machine plane begins with. */
export const protocolPrefix = "beemesh/machine";

/** The protocol of a name, such as `/beemesh/machine/msg/1`. */
export function protocolOf(name: string): string {
  return `/${protocolPrefix}/${name}/1`;
}

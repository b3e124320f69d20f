import type { Duplex } from "node:stream";
import { BeeError, instantAt } from "@beemesh/base";
import type { Link, LinkEvent } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type { Counters } from "./counters.ts";
import { LibLink } from "./lib-link.ts";
import type { Traffic } from "./meter.ts";
import { createNode } from "./node.ts";
import { defaultLimits, type HashTable, type LinkOptions } from "./options.ts";

/** What a link has seen. */
export interface LinkStats extends Counters, Traffic {
  readonly peers: readonly {
    readonly peer: PeerId;
    /** The last round trip that was measured, if any. */
    readonly rttMs: number | undefined;
    /** 0, or less for faults of late. */
    readonly score: number;
    /** Where it is connected, as a multiaddress. */
    readonly address: string;
  }[];
}

/** A link over libp2p, and what only the daemon's adapters need of it. */
export interface MeshLink extends Link {
  /** Calls `listener` at every event from now on; returns how to stop that. */
  onEvent(listener: (event: LinkEvent) => void): () => void;
  /** Calls `listener` when a peer is refused, or refuses us, with the reason. */
  onRefused(listener: (peer: PeerId, by: "us" | "them", reason: string) => void): () => void;
  /** Where others can reach this machine, each with its `/p2p/`. */
  addresses(): readonly string[];
  /** Connected members. */
  peers(): readonly PeerId[];
  /**
   * Opens a byte stream to a member, for `name` (`/beemesh/machine/<name>/1`). Dials if need be.
   * Rejects with BeeError `peer-unreachable`, or `protocol-unknown` if it serves no such name.
   */
  openStream(peer: PeerId, name: string): Promise<Duplex>;
  /** Serves streams that members open for `name`. */
  handleStream(name: string, handler: (peer: PeerId, stream: Duplex) => void): Promise<void>;
  /** Says in a hash table that this machine has what `key` names; repeated by libp2p. */
  provide(table: HashTable, key: string): Promise<void>;
  /** Machines that have what `key` names. Neither rejects; without hash tables none is found. */
  find(table: HashTable, key: string, countMax: number): Promise<readonly PeerId[]>;
  stats(): LinkStats;
  /** Ends all connections. Nothing is emitted after it. */
  close(): Promise<void>;
}

/**
 * Starts a libp2p node and joins the mesh with it.
 *
 * @throws {BeeError} `link-failed` if it cannot listen on any of its addresses.
 */
export async function createLink(options: LinkOptions): Promise<MeshLink> {
  const now = options.now ?? (() => instantAt(performance.now()));
  const limits = { ...defaultLimits, ...options.limits };
  const link = new LibLink({ ...options, now, limits });
  try {
    const node = await createNode({ ...options, limits, ...link.hooks() });
    await link.start(node);
    return link;
  } catch (error) {
    await link.close();
    const listen = options.listen?.join(" ") ?? "port 7946";
    throw new BeeError("link-failed", `Cannot join the mesh: cannot listen on ${listen}`, {
      facts: { listen },
      cause: error,
    });
  }
}

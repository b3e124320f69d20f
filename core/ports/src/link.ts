import type { Json, PeerId } from "@beemesh/wire";

/**
 * What a machine hears from the mesh. The sender is authenticated: over its own encrypted
 * connection (`message`), or by its signature on the pub/sub message (`broadcast`).
 */
export type LinkEvent =
  | { readonly kind: "connected"; readonly peer: PeerId }
  | { readonly kind: "disconnected"; readonly peer: PeerId }
  | { readonly kind: "message"; readonly from: PeerId; readonly message: Json }
  | {
      readonly kind: "broadcast";
      readonly from: PeerId;
      readonly topic: string;
      readonly message: Json;
    };

/**
 * The mesh as protocols see it: messages that may be lost, late, twice and out of order. Whoever
 * needs an answer asks again. Nothing here waits or throws.
 */
export interface Link {
  readonly id: PeerId;
  /** Sends to one member; dials if there is no connection. Lost if it cannot be reached. */
  send(to: PeerId, message: Json): void;
  /** Sends to all who subscribed to the topic, but not back to the sender. */
  publish(topic: string, message: Json): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Tells the link where a member can be reached; it keeps trying, more and more slowly. */
  remember(peer: PeerId, addresses: readonly string[]): void;
  /** Stops trying to reach a member. */
  forget(peer: PeerId): void;
  /** Lowers the sender's standing after a message that no honest peer sends. */
  penalize(peer: PeerId, reason: string): void;
}

/** The largest message, in bytes of its JSON: one object with its envelope. */
export const messageBytesMax = 2 * 1024 * 1024;

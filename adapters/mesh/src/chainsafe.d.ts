/**
 * Two packages of libp2p whose own declarations do not compile beside those of libp2p 3.3: Yamux
 * 8.0 is declared against an older uint8arraylist, QUIC 2.1 against a type that its binding does
 * not export. They run together well. This says what we use of them; with newer versions of both
 * (or `skipLibCheck`) this file and chainsafe.js go.
 */
import type { Libp2pInit } from "libp2p";

export interface YamuxOptions {
  readonly enableKeepAlive: boolean;
  readonly streamOptions: { readonly maxStreamWindowSize: number };
}

export declare function yamux(
  options: YamuxOptions,
): NonNullable<Libp2pInit["streamMuxers"]>[number];

/** One stream of a connection. What the library calls private may be gone in another version. */
export declare class YamuxStream {
  readonly state: number;
  readonly recvWindow?: number;
  readonly recvWindowCapacity?: number;
  sendWindowUpdate(): void;
}

/** Rejects on machines for which there is no native binding. */
export declare function loadQuic(): Promise<NonNullable<Libp2pInit["transports"]>[number]>;

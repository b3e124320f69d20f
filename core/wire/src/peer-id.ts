import { decodeBase58, encodeBase58 } from "./base58.ts";
import type { PeerId } from "./peer.ts";

/**
 * What stands before the 32 bytes of an Ed25519 key in its peer ID: identity multihash of 36
 * bytes (00 24), then the protobuf of the public key: type Ed25519 (08 01), data (12 20).
 *
 * Source: https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
const prefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

/** Bytes of an Ed25519 public key. */
const keyBytes = 32;

/** The peer ID (`12D3KooW…`) of a 32-byte Ed25519 public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return encodeBase58(Uint8Array.from([...prefix, ...publicKey]));
}

/** The 32-byte Ed25519 public key that a peer ID names; undefined if it names none. */
export function publicKeyOf(peer: PeerId): Uint8Array | undefined {
  const bytes = decodeBase58(peer);
  if (bytes === undefined || bytes.length !== prefix.length + keyBytes) return undefined;
  return prefix.every((byte, index) => bytes[index] === byte)
    ? bytes.subarray(prefix.length)
    : undefined;
}

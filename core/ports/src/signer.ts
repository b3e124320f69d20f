import type { Entry, PeerId, UnsignedEntry } from "@beemesh/wire";

/** This machine's key. Signing is a pure function of key and text (Ed25519, RFC 8032). */
export interface Signer {
  readonly id: PeerId;
  /** base64url signature over the UTF-8 of `text`. */
  sign(text: string): string;
}

/**
 * Checks what others signed. The signature must be by `author`'s key, and `author` must have
 * shown a membership certificate of this mesh.
 */
export interface Verifier {
  verify(text: string, signature: string, author: PeerId): boolean;
  /** Whether the member may sign objects of `namespace` (`-` for cluster-wide ones). */
  mayAuthor(author: PeerId, namespace: string): boolean;
}

/**
 * Who the members are, for records whose authors were never met. A certificate proves itself,
 * whoever shows it.
 */
export interface Introductions {
  /** Whether the member's certificate is known. */
  knows(peer: PeerId): boolean;
  /** The text of a member's certificate; undefined if it is not known. */
  certificateOf(peer: PeerId): string | undefined;
  /** Judges a certificate and remembers its member. Returns whether it was not known before. */
  introduce(certificate: string): boolean;
}

/** Signs an entry by way of its canonical text. */
export type SignEntry = (entry: UnsignedEntry) => Entry;

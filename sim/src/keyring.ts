import { hashOf } from "@beemesh/base";
import type { Signer, Verifier } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";

/** Characters of an Ed25519 signature in base64url: what decoders of messages demand. */
const signatureLength = 86;

/**
 * A make-believe key: not hard to forge, but a signature by anybody else, or of another text, is
 * refused as a forged one would be.
 */
export function signerOf(id: PeerId): Signer {
  return { id, sign: (text) => seal(text, id) };
}

/** Checks what {@link signerOf} signed. Everybody is a member and may author everything. */
export const keyring: Verifier = {
  verify: (text, signature, author) => signature === seal(text, author),
  mayAuthor: () => true,
};

function seal(text: string, author: PeerId): string {
  const mark = hashOf(text, hashOf(author) >>> 0).toString(36);
  return mark.padStart(signatureLength, "A");
}

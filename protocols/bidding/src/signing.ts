import type { Signer, Verifier } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import type { Award, Bid, Task } from "./message.ts";

/** Something of this protocol that is signed. Its kind is part of what is signed. */
export type Signed = Task | Bid | Award;

/** Signs a task, bid or award: canonical JSON of all but the signature. */
export function sign<Message extends Signed>(
  message: Omit<Message, "signature">,
  signer: Signer,
): Omit<Message, "signature"> & { readonly signature: string } {
  return { ...message, signature: signer.sign(canonicalJson(message)) };
}

/** Whether a task, bid or award is signed by the machine that it names as its sender. */
export function isSigned(message: Signed, verifier: Verifier): boolean {
  const { signature, ...signed } = message;
  const author = message.k === "bid" ? message.bidder : message.author;
  return verifier.verify(canonicalJson(signed), signature, author);
}

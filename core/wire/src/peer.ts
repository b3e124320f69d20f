/** A machine's libp2p peer ID in its text form, such as `12D3KooW…`. In tests any short word. */
export type PeerId = string;

const peerIdPattern = /^[A-Za-z0-9-]{1,64}$/u;

/** Whether text from outside has the form of a peer ID. */
export function isPeerId(text: unknown): text is PeerId {
  return typeof text === "string" && peerIdPattern.test(text);
}

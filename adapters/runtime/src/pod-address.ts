import { hashOf } from "@beemesh/base";

/**
 * An address for a pod, computed from its uid, so that it stays the same over restarts. It names
 * the pod on this machine and leads nowhere: a pod is entered through its sidecar.
 *
 * @param network - The first byte: 10 for pods with a network of their own, 127 for those without.
 * @param isTaken - Addresses of other pods of this machine.
 */
export function podAddress(
  uid: string,
  network: 10 | 127,
  isTaken: (address: string) => boolean,
): string {
  for (let seed = 0; ; seed += 1) {
    const hash = hashOf(uid, seed);
    // From 1 to 254: neither the network nor its broadcast, nor 127.0.0.x, which people use.
    const [a, b, c] = [hash, hash / 254, hash / 64_516].map((part) => 1 + (Math.floor(part) % 254));
    const address = `${network}.${a}.${b}.${c}`;
    if (!isTaken(address)) return address;
  }
}

/**
 * The IPv6 address of a pod, computed from its uid: a unique local one (RFC 4193) of a prefix that
 * every mesh uses, for it leads nowhere outside the pod.
 */
export function podAddress6(uid: string): string {
  // None is 0, so that the text is the one form in which everybody writes the address.
  const groups = [1, 2, 3, 4].map((seed) => (1 + (hashOf(uid, seed) % 0xffff)).toString(16));
  return `fdbe:e000::${groups.join(":")}`;
}

import { hashOf } from "@beemesh/base";

/**
 * An address for a pod, computed from its uid, so that it stays the same over restarts. It names
 * the pod on this machine and leads nowhere: a pod is entered through its gate.
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

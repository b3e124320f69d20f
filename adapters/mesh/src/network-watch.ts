import { networkInterfaces } from "node:os";

/** A look at the interfaces takes some tens of microseconds. */
const lookMs = 1000;

/**
 * Calls back when an address appears on this machine: a cable was plugged in, a radio network
 * joined. Returns how to stop that.
 */
export function watchNetwork(
  onMore: () => void,
  look: () => readonly string[] = ownAddresses,
): () => void {
  let known = new Set(look());
  const timer = setInterval(() => {
    const present = look();
    const isMore = present.some((address) => !known.has(address));
    known = new Set(present);
    if (isMore) onMore();
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The addresses of the interfaces that are up. */
function ownAddresses(): readonly string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address }) => `${name} ${address}`),
  );
}

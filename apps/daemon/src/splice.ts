import type { Duplex } from "node:stream";

/** Joins two byte streams with half-close; an error of one ends both. */
export function splice(one: Duplex, other: Duplex): void {
  for (const [end, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    end.on("error", () => peer.destroy());
    end.on("close", () => {
      if (!end.readableEnded) peer.destroy();
    });
  }
  one.pipe(other).pipe(one);
}

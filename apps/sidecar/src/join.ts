import type { Socket } from "node:net";

/**
 * Joins two sockets as they are, for what goes through no carrier: an end is passed on as an end,
 * and if one breaks off, so does the other.
 */
export function join(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on("error", () => breakOff(to));
    from.on("close", () => {
      if (!from.readableEnded) breakOff(to);
    });
    from.pipe(to);
  }
}

/** TCP tells the other end by an RST; a socket of another kind is closed. */
function breakOff(socket: Socket): void {
  if (socket.remoteFamily === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

import assert from "node:assert/strict";
import type { Server } from "node:net";

/** The port that a server of a test listens on; it must listen on TCP. */
export function portOf(server: Server): number {
  const address = server.address();
  assert(typeof address === "object" && address !== null, "the server listens on a port");
  return address.port;
}

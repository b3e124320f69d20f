import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { BeeError } from "@beemesh/base";

/** Ports below those that Linux gives to outgoing connections (32768 on), above the well known. */
const firstPort = 17_000;
const lastPort = 31_000;
/** Blocks tried before we give up: a computer with so many taken has another trouble. */
const triesMax = 200;

/**
 * Finds ports on loopback, one after the other, that nobody listens on now.
 *
 * @throws {BeeError} `port-failed`
 */
export async function findFreePorts(count: number): Promise<number[]> {
  for (let tried = 0; tried < triesMax; tried += 1) {
    const first = randomInt(firstPort, lastPort - count);
    const block = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(block.map(isFree));
    if (free.every(Boolean)) return block;
  }
  const message = `Cannot find ${count} free ports: all that were tried are taken`;
  throw new BeeError("port-failed", message);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

import { rm } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { BeeError } from "@beemesh/base";

/** Only the owner of the socket may connect. */
const ownerOnly = 0o177;

/**
 * Lets a server listen on a Unix socket that only its owner can connect to. One that a dead
 * process has left behind is replaced.
 *
 * @throws {BeeError} `address-in-use` if somebody listens there.
 */
export async function listenOnPath(server: Server, path: string): Promise<void> {
  if (await isAlive(path)) {
    throw new BeeError("address-in-use", `Cannot listen on ${path}: another process does`, {
      facts: { path },
    });
  }
  await rm(path, { force: true });
  await started(server, () => {
    // The socket is made inside of `listen`, so nobody else's file is touched by the mask.
    const mask = process.umask(ownerOnly);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
  });
}

/** Lets a server listen on a TCP port. Throws Node's own error, such as EADDRINUSE. */
export function listenOnPort(server: Server, host: string, port: number): Promise<void> {
  return started(server, () => server.listen({ host, port }));
}

/** Resolves when a server listens no more and its last connection is gone. */
export function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function started(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", () => {
      server.off("error", reject);
      resolve();
    });
    listen();
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

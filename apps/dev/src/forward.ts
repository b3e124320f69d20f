import { createConnection, createServer, type Server } from "node:net";
import { BeeError } from "@beemesh/base";

/** A TCP port of this computer that leads to a Unix socket, also into another network namespace. */
export interface Forward {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Opens a port on loopback whose connections are passed to a Unix socket as they are.
 *
 * @param port - The port wanted; when it is taken, any free one is used.
 * @throws {BeeError} `port-failed` if no port can be opened.
 */
export async function openForward(port: number, socketPath: string): Promise<Forward> {
  const open = new Set<{ destroy(): unknown }>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const machine = createConnection({ path: socketPath, allowHalfOpen: true });
    for (const end of [client, machine]) {
      open.add(end);
      end.on("close", () => open.delete(end));
      end.on("error", () => {
        client.destroy();
        machine.destroy();
      });
    }
    client.pipe(machine).pipe(client);
  });
  try {
    await listen(server, port);
  } catch {
    await listen(server, 0);
  }
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new BeeError("port-failed", `Cannot open a port for ${socketPath}: it has no number`);
  }
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const end of open) end.destroy();
    });
  return { port: address.port, close };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

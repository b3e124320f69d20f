import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { WebSocket } from "ws";

/**
 * The sub-protocols of a log, best first: bytes as they are, or base64 in text for clients that can
 * read nothing else. A client that names none gets bytes.
 *
 * Source: k8s.io/apiserver, pkg/util/wsstream
 */
export const logProtocols = ["binary.k8s.io", "base64.binary.k8s.io"] as const;

/** Sends what `source` gives, at the pace of the client, and closes. Never throws. */
export async function sendLog(
  client: WebSocket,
  source: Readable,
  protocol: string,
): Promise<void> {
  // A broken connection is told by `close`; the error itself says no more.
  client.on("error", () => undefined);
  client.once("close", () => source.destroy());
  // An empty message tells the client that the connection stands, before there is any line.
  client.send("");
  const isText = protocol === "base64.binary.k8s.io";
  try {
    await pipeline(source, messages(client, isText));
    client.close(1000);
  } catch {
    // It must not look complete.
    client.terminate();
  }
}

/** Each write is a message, and waits until the last one is out. */
function messages(client: WebSocket, isText: boolean): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      client.send(isText ? chunk.toString("base64") : chunk, (error) => done(error ?? null));
    },
  });
}

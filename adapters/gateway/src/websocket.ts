import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import { type WebSocket, WebSocketServer } from "ws";

/** A request to leave HTTP, with the connection that it came on. */
export interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent already after the request. */
  readonly head: Buffer;
}

/**
 * Answers a WebSocket's handshake, with a sub-protocol that has been chosen before. The `ws`
 * package refuses sub-protocols with a slash, such as kubectl's `SPDY/3.1+portforward.k8s.io`,
 * so it does not get to see any: the header is taken away from the request and put into the
 * answer.
 *
 * @param protocol - Empty for none.
 * @throws {BeeError} `websocket-refused` if the handshake is malformed; it has been answered.
 */
export function acceptWebSocket(
  { incoming, socket, head }: Upgrade,
  protocol: string,
  messageBytesMax: number,
): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
  });
  server.on("headers", (headers) => {
    if (protocol !== "") headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  delete incoming.headers["sec-websocket-protocol"];
  return new Promise((resolve, reject) => {
    const refuse = (): void =>
      reject(new BeeError("websocket-refused", "Cannot open the WebSocket: bad handshake"));
    socket.once("close", refuse);
    server.handleUpgrade(incoming, socket, head, (client) => {
      socket.off("close", refuse);
      resolve(client);
    });
  });
}

/** The sub-protocols that a client offers, in its order. */
export function offeredProtocols(incoming: IncomingMessage): readonly string[] {
  return (incoming.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
}

/**
 * Pings a client, and drops it when it has been silent for two intervals. While we do not read
 * from it we cannot hear it either; then only a ping that cannot be sent shows that it is gone.
 */
export function keepAlive(client: WebSocket, intervalMs: number): void {
  let isAlive = true;
  const beat = setInterval(() => {
    if (!isAlive) {
      client.terminate();
      return;
    }
    isAlive = client.isPaused;
    client.ping();
  }, intervalMs);
  const heard = (): void => {
    isAlive = true;
  };
  client.on("pong", heard).on("ping", heard).on("message", heard);
  client.on("close", () => clearInterval(beat));
}

/** The bytes of a message, in whichever shape `ws` gives them. */
export function messageBytes(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** A WebSocket's messages, by hand: what a client sees that is no kubectl. */
import { connect, type TLSSocket } from "node:tls";
import type { Credentials } from "./client.ts";

/** How long a socket may be open, in milliseconds. */
const socketMsMax = 30_000;

/**
 * Opens a WebSocket, and gives the payload of each message until the other side ends it.
 *
 * Source: RFC 6455, sections 4.1 and 5.2.
 */
export function messagesOf(
  credentials: Credentials,
  path: string,
  protocol: string,
): Promise<readonly Buffer[]> {
  const socket = connect({ ...credentials, servername: "localhost", ALPNProtocols: ["http/1.1"] });
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Sec-WebSocket-Protocol: ${protocol}`,
      "",
      "",
    ].join("\r\n"),
  );
  return read(socket);
}

function read(socket: TLSSocket): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(new Error("it does not end")), socketMsMax);
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (isClosing(Buffer.concat(chunks))) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      const whole = Buffer.concat(chunks);
      const head = whole.subarray(0, headEnd(whole)).toString();
      if (head.startsWith("HTTP/1.1 101")) resolve(framesOf(whole).map(({ payload }) => payload));
      else reject(new Error(head));
    });
  });
}

function headEnd(whole: Buffer): number {
  const end = whole.indexOf("\r\n\r\n");
  return end < 0 ? whole.length : end + 4;
}

const closeFrame = 8;

function isClosing(whole: Buffer): boolean {
  return framesOf(whole).some(({ kind }) => kind === closeFrame);
}

interface Frame {
  readonly kind: number;
  readonly payload: Buffer;
}

/** The whole frames so far; a server's are not masked. */
function framesOf(whole: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  let at = headEnd(whole);
  while (at + 2 <= whole.length) {
    const short = (whole[at + 1] ?? 0) & 0x7f;
    const [size, head] =
      short < 126 ? [short, 2] : [at + 4 <= whole.length ? whole.readUInt16BE(at + 2) : 0, 4];
    const end = at + head + size;
    if (short === 127 || end > whole.length) break;
    frames.push({ kind: (whole[at] ?? 0) & 0x0f, payload: whole.subarray(at + head, end) });
    at = end;
  }
  return frames;
}

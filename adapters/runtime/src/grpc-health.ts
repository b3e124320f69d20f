import type { ClientHttp2Session, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";

/** What came of a question after a server's health. */
export interface Health {
  readonly ok: boolean;
  readonly message: string;
}

/** An answer is a frame's head of 5 bytes and a number; one that is longer is none. */
const answerBytesMax = 256;

/** What may stand before an answer, and after it. */
const headerPairsMax = 32;

/** Names of what a server says of a service, by number. */
const servingNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

const path = "/grpc.health.v1.Health/Check";
const statusOk = "0";
const statusUnimplemented = "12";

/**
 * Asks a server of gRPC whether a service of it is well; the server as a whole for an empty name.
 * One call of one message each way is all that is needed of gRPC, so it is written out by hand.
 *
 * @param connection - To the server. It is used up.
 * @throws {BeeError} `connection-refused` if what is there does not speak HTTP/2.
 * Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md, and PROTOCOL-HTTP2.md
 */
export async function askHealth(connection: Duplex, service: string): Promise<Health> {
  // Most machines never probe so, and need not have it in memory.
  const http2 = await import("node:http2");
  const session = http2.connect("http://localhost", {
    createConnection: () => connection,
    settings: { enablePush: false },
    maxHeaderListPairs: headerPairsMax,
  });
  try {
    return readAnswer(await call(session, service));
  } finally {
    session.destroy();
  }
}

interface Answer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function call(session: ClientHttp2Session, service: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      reject(new BeeError("connection-refused", `Cannot probe: ${cause.message}`, { cause }));
    };
    session.on("error", fail);
    session.on("close", () => fail(new Error("the connection has ended")));
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      "user-agent": "beemesh-probe",
      te: "trailers",
    });
    let headers: Answer["headers"] = {};
    let trailers: IncomingHttpHeaders = {};
    let body = Buffer.alloc(0);
    stream.on("error", fail);
    stream.on("response", (found) => (headers = found));
    stream.on("trailers", (found) => (trailers = found));
    stream.on("data", (chunk: Buffer) => {
      if (body.length + chunk.length > answerBytesMax) fail(new Error("the answer is too long"));
      else body = Buffer.concat([body, chunk]);
    });
    stream.on("end", () => {
      if (headers[":status"] === undefined) fail(new Error("the connection has ended"));
      else resolve({ headers, trailers, body });
    });
    stream.end(question(service));
  });
}

/** `HealthCheckRequest { string service = 1; }` in a frame. */
function question(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([head(0x0a, name.length), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** A field's number and kind, and how long it is. */
function head(tag: number, length: number): Buffer {
  const bytes = [tag];
  let left = length;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

function readAnswer({ headers, trailers, body }: Answer): Health {
  // An answer without a body has all that is said of it in its headers.
  const about = trailers["grpc-status"] === undefined ? headers : trailers;
  const status = textOf(about["grpc-status"]);
  const said = decoded(textOf(about["grpc-message"]));
  const code = headers[":status"] ?? 0;
  if (status === "") return ill(`this server does not speak gRPC: status ${code}`);
  if (status === statusUnimplemented) {
    return ill(`this server does not implement the grpc health protocol: ${said}`);
  }
  if (status !== statusOk) return ill(`health rpc probe failed: status ${status} ${said}`);
  const serving = servingOf(body);
  if (serving === "SERVING") return { ok: true, message: "service healthy" };
  return ill(`service unhealthy (responded with "${serving}")`);
}

function ill(message: string): Health {
  return { ok: false, message: message.trim() };
}

/** Messages are written as parts of addresses are; a bad one is shown as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}

/** `HealthCheckResponse { ServingStatus status = 1; }` of a frame; what is not there is 0. */
function servingOf(body: Buffer): (typeof servingNames)[number] {
  const isPlain = body[0] === 0 && body.length >= 5;
  const message = isPlain ? body.subarray(5, 5 + body.readUInt32BE(1)) : Buffer.alloc(0);
  const value = message[0] === 0x08 ? (message[1] ?? 0) : 0;
  return servingNames[value] ?? "UNKNOWN";
}

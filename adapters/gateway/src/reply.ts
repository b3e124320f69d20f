import type { Readable } from "node:stream";
import { gzip } from "node:zlib";
import type { FinalReply } from "@beemesh/ports";
import { type Refusal, statusOf } from "./kube-status.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Incoming, Outgoing } from "./message.ts";
import { warningHeaders } from "./warning.ts";

/** An answer that goes out whole. */
export type WholeReply = Extract<FinalReply, { readonly kind: "json" | "bytes" }>;

/** Level 1 is several times faster than the default and nearly as small; kube-apiserver's too. */
const gzipLevel = 1;

/** Sends an answer whole, and drops a client that does not take it in time. */
export async function sendWhole(
  outgoing: Outgoing,
  reply: WholeReply,
  context: { readonly incoming: Incoming; readonly limits: GatewayLimits },
): Promise<void> {
  const { incoming, limits } = context;
  outgoing.statusCode = reply.status;
  outgoing.setHeader(
    "Content-Type",
    reply.kind === "json" ? "application/json" : reply.contentType,
  );
  // What one answer depends on is said beside what all do.
  outgoing.setHeader("Vary", "Accept-Encoding");
  for (const [name, value] of Object.entries(reply.headers ?? {})) outgoing.setHeader(name, value);
  if (reply.kind === "json") {
    const warnings = warningHeaders(reply.warnings ?? []);
    if (warnings.length > 0) outgoing.setHeader("Warning", warnings);
  }
  let body = Buffer.from(reply.kind === "json" ? JSON.stringify(reply.body) : reply.body);
  if (body.length > limits.gzipBytesMin && acceptsGzip(incoming)) {
    body = await gzipped(body);
    outgoing.setHeader("Content-Encoding", "gzip");
  }
  // The length that an unchanged document has is not told: nothing of it is sent.
  if (reply.status !== 304) outgoing.setHeader("Content-Length", String(body.length));
  dropAfter(outgoing, limits.replyMsMax);
  outgoing.end(body);
}

/** Sends the client to another path of this server. */
export function sendMoved(outgoing: Outgoing, location: string): void {
  outgoing.statusCode = 301;
  outgoing.setHeader("Location", location);
  outgoing.setHeader("Content-Length", "0");
  outgoing.end();
}

/** Says no. A body that is still coming is thrown away for a moment, so the answer arrives. */
export async function sendRefusal(
  outgoing: Outgoing,
  refusal: Refusal,
  context: { readonly incoming: Incoming; readonly limits: GatewayLimits },
): Promise<void> {
  const { retryAfterSeconds } = refusal;
  context.incoming.resume();
  const headers = retryAfterSeconds === undefined ? {} : { "Retry-After": `${retryAfterSeconds}` };
  const body = statusOf(refusal);
  await sendWhole(outgoing, { kind: "json", status: refusal.code, body, headers }, context);
}

/**
 * Sends text as it comes, its headers at once. A client that lets more than the limit pile up is
 * told to `sink`'s writer, who ends the stream.
 *
 * @returns How to end it from outside.
 */
export function sendStream(
  outgoing: Outgoing,
  reply: Extract<FinalReply, { readonly kind: "stream" }>,
  limits: GatewayLimits,
): () => void {
  startStream(outgoing, reply.status, reply.contentType);
  let isOpen = true;
  let stop: (() => void) | undefined;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    outgoing.end();
    dropAfter(outgoing, limits.replyMsMax);
    stop?.();
  };
  outgoing.once("close", end);
  outgoing.on("error", end);
  stop = reply.open({
    write: (text) => {
      if (!isOpen) return false;
      outgoing.write(text);
      return outgoing.writableLength <= limits.streamBufferBytesMax;
    },
    end,
  });
  // It may have ended before it said how to stop it.
  if (!isOpen) stop();
  return end;
}

/** Sends what `source` gives, such as a log, at the pace of the client. */
export function sendReadable(
  outgoing: Outgoing,
  source: Readable,
  contentType: string,
): () => void {
  startStream(outgoing, 200, contentType);
  if (source.readableEnded || source.destroyed) {
    // An empty log of another machine has often ended before anybody listens.
    outgoing.end();
    return () => undefined;
  }
  source.on("data", (chunk: Buffer) => {
    if (!outgoing.write(chunk)) source.pause();
  });
  outgoing.on("drain", () => source.resume());
  source.once("end", () => outgoing.end());
  // The headers are out: all that is left is to break off, so that it does not look complete.
  source.once("error", () => outgoing.destroy());
  source.once("close", () => outgoing.end());
  outgoing.once("close", () => source.destroy());
  outgoing.on("error", () => source.destroy());
  return () => source.destroy();
}

function startStream(outgoing: Outgoing, status: number, contentType: string): void {
  outgoing.setHeader("Content-Type", contentType);
  outgoing.writeHead(status);
  outgoing.flushHeaders?.();
}

/** Drops the connection if the answer is not out by then. */
function dropAfter(outgoing: Outgoing, durationMs: number): void {
  const timer = setTimeout(() => outgoing.destroy(), durationMs);
  timer.unref();
  outgoing.once("close", () => clearTimeout(timer));
  outgoing.once("finish", () => clearTimeout(timer));
}

function acceptsGzip({ headers }: Incoming): boolean {
  return /(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?:0\.\d*[1-9]\d*|1(?:\.0*)?)\s*)?(?:,|$)/iu.test(
    headers["accept-encoding"] ?? "",
  );
}

function gzipped(body: Buffer): Promise<Buffer<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    gzip(body, { level: gzipLevel }, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

import { bytesOf } from "./ascii.ts";

/** What a connection's first bytes say it speaks; `more` while they could still be several. */
export type Sniffed = "http1" | "http2" | "tls" | "raw" | "more";

/** Bytes after which {@link sniff} has always decided: the preface of HTTP/2 has as many. */
export const sniffBytesMax = 24;

/** RFC 9113, section 3.4. */
export const http2Preface: Uint8Array = bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * RFC 9110, section 9, RFC 5789, RFC 4918 and what caches use. A method that is not here makes a
 * connection raw: it still passes, unread.
 */
const methods = (
  "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK " +
  "UNLOCK REPORT SEARCH QUERY PURGE"
).split(" ");

/**
 * How a request may begin. What follows the method tells HTTP from others with the same words:
 * RTSP and SIP (`OPTIONS rtsp:`), and Redis as people type it (`GET key`).
 */
const http1Openings: readonly Uint8Array[] = methods.flatMap((method) =>
  method === "CONNECT"
    ? [bytesOf("CONNECT ")]
    : ["/", "http:", "https:", "HTTP:", "HTTPS:", ...(method === "OPTIONS" ? ["*"] : [])].map(
        (target) => bytesOf(`${method} ${target}`),
      ),
);

/**
 * Tells from the first bytes of a client what it speaks. Reads at most {@link sniffBytesMax}.
 *
 * A client that waits for the server to speak first (MySQL, SMTP, SSH) sends nothing: `more` for
 * ever, so the caller has a timer and takes such a connection for raw.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  if (bytes.length === 0) return "more";
  if (bytes[0] === 0x16) return sniffTls(bytes);
  const http2 = startsLike(bytes, http2Preface);
  if (http2 === "whole") return "http2";
  let isOpen = http2 === "part";
  for (const opening of http1Openings) {
    if (opening[0] !== bytes[0]) continue;
    const match = startsLike(bytes, opening);
    if (match === "whole") return "http1";
    isOpen ||= match === "part";
  }
  return isOpen ? "more" : "raw";
}

/** A record of type handshake, version 3.0 to 3.4, and in it a ClientHello (RFC 8446, 5.1). */
function sniffTls(bytes: Uint8Array): Sniffed {
  const isVersion = bytes.length < 2 || bytes[1] === 3;
  const isMinor = bytes.length < 3 || (bytes[2] ?? 0) <= 4;
  if (!isVersion || !isMinor || !isHelloLength(bytes)) return "raw";
  if (bytes.length < 6) return "more";
  return bytes[5] === 1 ? "tls" : "raw";
}

/** A record has at most 2^14 bytes (RFC 8446, section 5.1), and a message at least its head. */
function isHelloLength(bytes: Uint8Array): boolean {
  const [, , , high = 1, low = high === 0 ? 255 : 0] = bytes;
  const length = high * 256 + low;
  return length >= 4 && length <= 16_384;
}

function startsLike(bytes: Uint8Array, opening: Uint8Array): "whole" | "part" | "no" {
  const length = Math.min(bytes.length, opening.length);
  for (let at = 0; at < length; at += 1) {
    if (bytes[at] !== opening[at]) return "no";
  }
  return length === opening.length ? "whole" : "part";
}

import { bytesOf } from "./ascii.ts";

/**
 * Why the proxy answers itself.
 *
 * Source: RFC 9209, section 2.3, "Proxy Error Types".
 */
export type AnswerError =
  | "destination_unavailable"
  | "connection_limit_reached"
  | "connection_refused"
  | "connection_timeout"
  | "connection_terminated"
  | "http_response_timeout"
  | "http_response_incomplete"
  | "http_protocol_error"
  | "http_request_error";

const phrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

export interface Answer {
  readonly status: number;
  readonly error: AnswerError;
  /** For people, one line: no text that came from outside. */
  readonly detail: string;
  /** Whether the request was HEAD. */
  readonly isHead: boolean;
  readonly isLast: boolean;
}

/** A response that the proxy makes itself; `Proxy-Status` tells it from the application's. */
export function answerBytes({ status, error, detail, isHead, isLast }: Answer): Uint8Array {
  const phrase = phrases[status] ?? "Error";
  const body = `${phrase}: ${detail}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${phrase}`,
    "Content-Type: text/plain",
    `Content-Length: ${body.length}`,
    `Proxy-Status: beemesh; error=${error}`,
    ...(isLast ? ["Connection: close"] : []),
  ];
  return bytesOf(`${lines.join("\r\n")}\r\n\r\n${isHead ? "" : body}`);
}

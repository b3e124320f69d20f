import { type RequestHead, readRequestHead } from "./http-head.ts";
import { type Framing, HttpReader } from "./http-reader.ts";

/** Empty lines before a request: browsers of old end a POST with one (RFC 9112, section 2.2). */
const blankLinesMax = 4;

/**
 * A reader of requests.
 *
 * After a request that asks for another protocol, do not read on before the response has said
 * which it is: call `becomeRaw` at 101, and at 2xx to CONNECT.
 */
export function requestReader(): HttpReader<RequestHead> {
  return new HttpReader<RequestHead>({
    blankLinesMax,
    readHead: readRequestHead,
    framingOf: framingOfRequest,
    faultOf: (fault) => fault,
  });
}

/** RFC 9112, section 6.3: a request without a length has no body. CONNECT never has one. */
function framingOfRequest(head: RequestHead): Framing {
  if (head.method === "CONNECT") return 0;
  return head.isChunked ? "chunked" : (head.contentLength ?? 0);
}

/** Whether the connection may become another protocol's after the answer to this request. */
export function mayUpgrade(head: RequestHead): boolean {
  return head.method === "CONNECT" || head.upgrade !== "";
}

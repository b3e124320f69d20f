import { type RequestHead, type ResponseHead, readResponseHead } from "./http-head.ts";
import { type Framing, type HttpPart, HttpReader } from "./http-reader.ts";

/** Interim responses to one request; a server that sends more than these is no honest one. */
const interimMax = 64;

/** What a response's reader must know of the request. */
type Asked = Pick<RequestHead, "method" | "upgrade">;

/**
 * A reader of responses. It must be told each request that was sent, with `expect`, for what ends
 * a response depends on what was asked.
 */
export class ResponseReader {
  readonly #asked: Asked[] = [];
  #interims = 0;
  readonly #reader = new HttpReader<ResponseHead>({
    blankLinesMax: 0,
    readHead: readResponseHead,
    framingOf: (head) => this.#framingOf(head),
    faultOf: ({ reason }) => ({ status: 502, reason }),
  });

  get isIdle(): boolean {
    return this.#reader.isIdle && this.#asked.length === 0;
  }

  /** Tells of a request whose response is to come, after those of earlier ones. */
  expect(request: RequestHead): void {
    this.#asked.push({ method: request.method, upgrade: request.upgrade });
  }

  /** As of `HttpReader`. */
  read(chunk: Uint8Array): HttpPart<ResponseHead>[] {
    return this.#reader.read(chunk);
  }

  /** As of `HttpReader`. */
  end(): HttpPart<ResponseHead>[] {
    return this.#reader.end();
  }

  /** RFC 9112, section 6.3, and RFC 9110, section 15.2. */
  #framingOf(head: ResponseHead): Framing {
    const [asked] = this.#asked;
    if (asked === undefined) return faultOf("a response that nobody asked for");
    if (head.status < 200) return this.#framingOfInterim(head.status, asked);
    this.#asked.shift();
    this.#interims = 0;
    if (asked.method === "CONNECT" && head.status < 300) return "raw";
    const isEmpty = asked.method === "HEAD" || head.status === 204 || head.status === 304;
    if (isEmpty) return 0;
    return head.isChunked ? "chunked" : (head.contentLength ?? "close");
  }

  #framingOfInterim(status: number, asked: Asked): Framing {
    if (status === 101) {
      return asked.upgrade === "" ? faultOf("an upgrade that nobody asked for") : "raw";
    }
    this.#interims += 1;
    return this.#interims > interimMax ? faultOf("too many interim responses") : "interim";
  }
}

function faultOf(reason: string): Framing {
  return { fault: { status: 502, reason } };
}

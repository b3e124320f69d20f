import { Agent, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BeeError } from "@beemesh/base";
import { type Json, parseJson } from "@beemesh/wire";
import { textAt } from "./answer.ts";

type Query = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface LibpodCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below /libpod, such as `/containers/json`. */
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a stream is sent as it is. */
  readonly body?: unknown;
}

export interface LibpodAnswer {
  readonly status: number;
  readonly body: Json | undefined;
  /** What the engine says is wrong; empty if the call went well. */
  readonly reason: string;
}

/** A list of some thousand containers is a few megabytes; more than this is no answer. */
const answerLimits = { lengthMax: 64 * 1024 * 1024, depthMax: 64 };

/** The oldest version of the interface that has all that we call; newer engines still speak it. */
const version = "v4.0.0";

/** Speaks libpod's REST interface over its Unix socket, on connections that are kept open. */
export class LibpodClient {
  readonly #agent: Agent;
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: 4 });
  }

  /** Throws BeeError `runtime-unavailable` if the engine does not answer. */
  async call(call: LibpodCall): Promise<LibpodAnswer> {
    const response = await this.#open(call);
    const body = await readText(response, answerLimits.lengthMax).catch((cause: unknown) => {
      throw unavailable("its answer broke off", cause);
    });
    const status = response.statusCode ?? 0;
    const value = parseJson(body, answerLimits);
    if (status < 400) return { status, body: value, reason: "" };
    const reason = textAt(value, "message") || textAt(value, "cause") || body.trim();
    return { status, body: value, reason: reason || `status ${status}` };
  }

  /** As {@link call}, for answers that must be good. Throws BeeError `start-failed` otherwise. */
  async must(purpose: string, call: LibpodCall): Promise<Json | undefined> {
    const answer = await this.call(call);
    if (answer.status < 400) return answer.body;
    throw new BeeError("start-failed", `Cannot ${purpose}: ${answer.reason}`, {
      facts: { status: answer.status },
    });
  }

  /** An answer that comes little by little, such as events: one JSON value on each line. */
  async lines(
    call: LibpodCall,
  ): Promise<{ readonly values: AsyncIterable<Json>; readonly end: () => void }> {
    const response = await this.#open(call);
    if ((response.statusCode ?? 0) >= 400) {
      throw unavailable(await readText(response, 10_000), undefined);
    }
    return { values: readLines(response), end: () => response.destroy() };
  }

  /**
   * Asks for a raw connection to a process.
   *
   * @throws {BeeError} `start-failed` if the engine answers otherwise.
   */
  upgrade(call: LibpodCall): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(call, { connection: "Upgrade", upgrade: "tcp" });
      outgoing.on("upgrade", (_, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      outgoing.on("response", (response) => {
        refusal(response).then(reject, (error: unknown) =>
          reject(unavailable("its answer broke off", error)),
        );
      });
      outgoing.on("error", (error) => reject(unavailable(error.message, error)));
      outgoing.end(call.body === undefined ? undefined : JSON.stringify(call.body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(call: LibpodCall): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(call, {});
      outgoing.on("response", resolve);
      outgoing.on("error", (error) => reject(unavailable(error.message, error)));
      if (isStream(call.body)) {
        pipeline(call.body, outgoing).catch((error: unknown) => outgoing.destroy(asError(error)));
      } else outgoing.end(call.body === undefined ? undefined : JSON.stringify(call.body));
    });
  }

  #request(call: LibpodCall, extra: Record<string, string>): ReturnType<typeof request> {
    const query = new URLSearchParams(
      Object.entries(call.query ?? {}).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]),
      ),
    ).toString();
    const type = isStream(call.body) ? "application/x-tar" : "application/json";
    return request({
      agent: "upgrade" in extra ? false : this.#agent,
      socketPath: this.#socketPath,
      method: call.method,
      path: `/${version}/libpod${call.path}${query === "" ? "" : `?${query}`}`,
      headers: {
        host: "podman",
        ...(call.body === undefined ? {} : { "content-type": type }),
        ...call.headers,
        ...extra,
      },
    });
  }
}

/** A container or image name as one segment of a path. */
export function segment(name: string): string {
  return encodeURIComponent(name);
}

function isStream(body: unknown): body is NodeJS.ReadableStream {
  return typeof body === "object" && body !== null && "pipe" in body;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function unavailable(reason: string, cause: unknown): BeeError {
  return new BeeError("runtime-unavailable", `Cannot reach Podman: ${reason}`, { cause });
}

async function* readLines(response: IncomingMessage): AsyncGenerator<Json> {
  let rest = "";
  for await (const chunk of response) {
    const lines = `${rest}${String(chunk)}`.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > answerLimits.lengthMax) throw new RangeError("a line without end");
    for (const line of lines) {
      const value = parseJson(line);
      if (value !== undefined) yield value;
    }
  }
}

async function refusal(response: IncomingMessage): Promise<BeeError> {
  const text = await readText(response, 10_000);
  const reason = textAt(parseJson(text), "message") || text;
  return new BeeError("start-failed", `Cannot reach process: ${reason}`);
}

async function readText(response: IncomingMessage, lengthMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > lengthMax) throw new RangeError(`more than ${lengthMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

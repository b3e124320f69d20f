import { type IncomingMessage, type RequestOptions } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { WebhookAnswer, WebhookCall } from "@beemesh/ports";
import { isJsonObject, type Json, objectLimits, parseJson } from "@beemesh/wire";
import { deadlineText, postFault, statusFault } from "./post-fault.ts";
import { Turnstile } from "./turnstile.ts";

export interface WebhookClientOptions {
  /**
   * Connects to a Service of the mesh. The message of what it throws says what there is not.
   */
  readonly connect: (service: NonNullable<WebhookCall["service"]>) => Promise<Duplex>;
}

/** Calls under way at once on one machine: each holds a connection and its answer. */
const callsMax = 64;

/** An answer is a verdict and a patch of one object, in base64. */
const answerBytesMax = 3 * 1024 * 1024;

/** Of what a webhook says with an error so much is passed on. */
const toldTextMax = 256;

const answerLimits = { ...objectLimits, lengthMax: answerBytesMax };

/** Asks admission webhooks. */
export class WebhookClient {
  readonly #options: WebhookClientOptions;
  readonly #turnstile = new Turnstile(callsMax);

  constructor(options: WebhookClientOptions) {
    this.#options = options;
  }

  /** Asks all at once; the answers are in the order of the calls. */
  askAll(calls: readonly WebhookCall[]): Promise<readonly WebhookAnswer[]> {
    return Promise.all(calls.map((call) => this.#ask(call)));
  }

  /** Waiting for a place counts as waiting for the answer. */
  async #ask(call: WebhookCall): Promise<WebhookAnswer> {
    const deadline = AbortSignal.timeout(call.timeoutMs);
    return this.#turnstile.pass(async () => {
      if (deadline.aborted) return failed(`Post ${JSON.stringify(call.url)}: ${deadlineText}`);
      try {
        return answerOf(await this.#post(call, deadline));
      } catch (error) {
        return failed(faultOf(call, error, deadline));
      }
    });
  }

  async #post(call: WebhookCall, deadline: AbortSignal): Promise<Answer> {
    const url = new URL(call.url);
    const ca = call.caBundle === "" ? undefined : Buffer.from(call.caBundle, "base64");
    // A server name is a name; an address is checked against the certificate without one.
    const servername = isIP(url.hostname.replace(/[[\]]/gu, "")) === 0 ? url.hostname : "";
    const tls = { ...(ca && { ca }), ...(servername === "" ? {} : { servername }) };
    const socket = call.service && (await this.#tunnel(call.service, deadline));
    const body = JSON.stringify(call.review);
    const options: RequestOptions = {
      method: "POST",
      signal: deadline,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json, */*",
        "Content-Length": Buffer.byteLength(body),
        "User-Agent": "beemesh-admission",
      },
      // An agent of its own would make the connection itself.
      ...(socket ? { createConnection: () => connectTls({ ...tls, socket }) } : { agent: false }),
    };
    try {
      return await exchange(url, { ...options, ...tls }, body);
    } finally {
      socket?.destroy();
    }
  }

  async #tunnel(
    service: NonNullable<WebhookCall["service"]>,
    deadline: AbortSignal,
  ): Promise<Duplex> {
    const opening = this.#options.connect(service).catch((cause: unknown) => {
      throw new Unreachable(cause instanceof Error ? cause.message : String(cause), { cause });
    });
    const late = new Promise<never>((_, reject) => {
      deadline.addEventListener("abort", () => reject(new Error(deadlineText)), { once: true });
    });
    // What is opened too late is closed by whoever opened it.
    opening.then(
      (socket) => deadline.aborted && socket.destroy(),
      () => undefined,
    );
    return Promise.race([opening, late]);
  }
}

/** There is no way to the Service: that is told in place of a failed POST. */
class Unreachable extends Error {}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function exchange(url: URL, options: RequestOptions, body: string): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sending = request(url, options, resolve);
    sending.on("error", reject);
    sending.end(body);
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > answerBytesMax) {
      response.destroy();
      throw new Unreachable(`the response is larger than ${answerBytesMax} bytes`);
    }
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

function answerOf({ status, text }: Answer): WebhookAnswer {
  if (status < 200 || status > 299) return failed(statusFault(status, text.slice(0, toldTextMax)));
  const body = parseJson(text, answerLimits);
  if (body === undefined) {
    return failed("couldn't get version/kind; json parse error: the response is no JSON");
  }
  return { ok: true, body, patch: patchOf(body) };
}

function patchOf(body: Json): Json | undefined {
  const response = isJsonObject(body) ? body["response"] : undefined;
  const patch = isJsonObject(response) ? response["patch"] : undefined;
  return typeof patch === "string" && patch !== ""
    ? parseJson(Buffer.from(patch, "base64").toString(), answerLimits)
    : undefined;
}

function faultOf({ url }: WebhookCall, error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return `Post ${JSON.stringify(url)}: ${deadlineText}`;
  return error instanceof Unreachable ? error.message : postFault(url, error);
}

function failed(reason: string): WebhookAnswer {
  return { ok: false, reason };
}

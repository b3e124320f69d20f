/**
 * A client of one machine's API over HTTP/2, as client-go is: one connection, and on it as many
 * requests and watches as there are.
 */
import assert from "node:assert/strict";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../core/wire/src/index.ts";

/** What the API answered. */
export interface Answer {
  readonly status: number;
  /** Empty if it was no object. */
  readonly body: JsonObject;
  readonly text: string;
  readonly contentType: string;
  readonly warnings: string;
  /** Where else to go; empty if nowhere. */
  readonly location: string;
}

/** What a request says beside its line and its body. */
export interface Words {
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One event of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/** How long anything may take before a test has failed, in milliseconds. */
export const patienceMs = 30_000;

/** Lists of a whole mesh are long, and nothing here comes from strangers. */
const answerLimits = { lengthMax: 256 * 1024 * 1024, depthMax: 128 };

/** Where the API is, and who asks: what a connection of TLS is made of. */
export interface Credentials {
  /** The machine's API socket. */
  readonly path: string;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A client with the certificate of a kubeconfig. */
export class Client {
  readonly credentials: Credentials;
  readonly #session: ClientHttp2Session;

  /** @param socketPath - The machine's API socket. */
  constructor(kubeconfig: string, socketPath: string) {
    const field = (name: string): Buffer => {
      const value = new RegExp(`${name}: "?([\\w+/=]+)`, "u").exec(kubeconfig)?.[1] ?? "";
      return Buffer.from(value, "base64");
    };
    this.credentials = {
      path: socketPath,
      ca: field("certificate-authority-data"),
      cert: field("client-certificate-data"),
      key: field("client-key-data"),
    };
    const socket = connectTls({
      ...this.credentials,
      servername: "localhost",
      ALPNProtocols: ["h2"],
    });
    this.#session = connect("https://localhost", { createConnection: () => socket });
    this.#session.on("error", () => undefined);
  }

  /** Sends a request such as `GET /api/v1/pods?limit=2`. */
  async send(line: string, body?: Json | Uint8Array, words: Words = {}): Promise<Answer> {
    const stream = this.#open(line, body, words);
    const [headers, received] = await Promise.all([headersOf(stream), text(stream)]);
    const parsed = parseJson(received, answerLimits);
    return {
      status: Number(headers[":status"]),
      body: isJsonObject(parsed) ? parsed : {},
      text: received,
      contentType: headers["content-type"] ?? "",
      warnings: [headers["warning"] ?? []].flat().join(", "),
      location: headers["location"] ?? "",
    };
  }

  /** Opens a watch; it has begun when this resolves. */
  async watch(path: string, words: Words = {}): Promise<Watch> {
    const sign = path.includes("?") ? "&" : "?";
    const stream = this.#open(`GET ${path}${sign}watch=true`, undefined, words);
    const headers = await headersOf(stream);
    const status = Number(headers[":status"]);
    if (status !== 200) assert.fail(`watch ${path}: ${status} ${await text(stream)}`);
    return new Watch(stream);
  }

  close(): void {
    this.#session.destroy();
  }

  #open(line: string, body: Json | Uint8Array | undefined, words: Words): ClientHttp2Stream {
    const [method = "", ...rest] = line.split(" ");
    const sent = body instanceof Uint8Array ? body : JSON.stringify(body);
    const headers = {
      ":method": method,
      ":path": rest.join(" "),
      accept: words.accept ?? "application/json",
      ...(sent !== undefined && { "content-type": words.contentType ?? "application/json" }),
      ...words.headers,
    };
    // A DELETE has a body too, which Node does not expect.
    const stream = this.#session.request(headers, { endStream: sent === undefined });
    if (sent !== undefined) stream.end(sent);
    return stream;
  }
}

function headersOf(
  stream: ClientHttp2Stream,
): Promise<IncomingHttpHeaders & IncomingHttpStatusHeader> {
  return new Promise((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("error", reject);
  });
}

/** An open watch. */
export class Watch {
  readonly #stream: ClientHttp2Stream;
  readonly #events: WatchEvent[] = [];
  #rest = "";
  #taken = 0;
  #isEnded = false;
  #changed: () => void = () => undefined;

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream;
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => this.#read(chunk));
    stream.on("error", () => undefined);
    stream.on("close", () => {
      this.#isEnded = true;
      this.#changed();
    });
  }

  /** All that came. */
  get events(): readonly WatchEvent[] {
    return this.#events;
  }

  /** The next event of these that fits; what came before it counts as taken. */
  async next(what: string, fits: (event: WatchEvent) => boolean): Promise<WatchEvent> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const place = this.#events.findIndex((event, index) => index >= this.#taken && fits(event));
      const found = this.#events[place];
      if (found !== undefined) {
        this.#taken = place + 1;
        return found;
      }
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#isEnded) {
        const came = this.#events.map(({ type, object }) => `${type} ${nameOf(object)}`);
        assert.fail(`watch shows ${what}; it ${this.#isEnded ? "ended" : "showed"} ${came.join()}`);
      }
      await this.#change(leftMs);
    }
  }

  /** Waits for an event of a type and a name. */
  see(type: string, name: string): Promise<WatchEvent> {
    return this.next(`${type} ${name}`, (event) => {
      return event.type === type && nameOf(event.object) === name;
    });
  }

  close(): void {
    this.#stream.close();
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #read(chunk: string): void {
    const lines = `${this.#rest}${chunk}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = parseJson(line, answerLimits);
      if (isEvent(event)) this.#events.push(event);
    }
    this.#changed();
  }
}

function isEvent(value: unknown): value is WatchEvent {
  return isJsonObject(value) && typeof value["type"] === "string" && isJsonObject(value["object"]);
}

/** What stands at a path of members and places in lists. */
export function at(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (typeof step === "number") found = Array.isArray(found) ? found.at(step) : undefined;
    else found = isJsonObject(found) ? found[step] : undefined;
  }
  return found;
}

/** A text at a path; empty if there is none. */
export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The objects in a list at a path; none if there is no list. */
export function listAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): readonly JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

/** The name of an object. */
export function nameOf(object: Json | undefined): string {
  return textAt(object, "metadata", "name");
}

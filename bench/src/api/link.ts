/** A connection of a client to a machine's API, over HTTP/2 and TLS as client-go has it. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectTls } from "node:tls";

/** Who asks, and where. */
export interface LinkOptions {
  /** The machine's API socket. */
  readonly socketPath: string;
  /** Whose authority is believed, and whose certificate is shown unless there is a token. */
  readonly kubeconfig: string;
  readonly token?: string;
}

/** An answer, read whole and not looked into. */
export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

/** What `Retry-After: 1` says, in milliseconds, and how often client-go does so. */
const retryMs = 1000;
const triesMax = 10;

/** What one connection may hold, in megabytes: lists are large, and writes may wait. */
const sessionMegabytesMax = 512;

export class ApiLink {
  readonly #session: ClientHttp2Session;
  readonly #token: string | undefined;

  constructor({ socketPath, kubeconfig, token }: LinkOptions) {
    const field = (name: string): Buffer => {
      const value = new RegExp(`${name}: "?([\\w+/=]+)`, "u").exec(kubeconfig)?.[1] ?? "";
      return Buffer.from(value, "base64");
    };
    const own =
      token === undefined
        ? { cert: field("client-certificate-data"), key: field("client-key-data") }
        : {};
    const ca = field("certificate-authority-data");
    const tls = { path: socketPath, servername: "localhost", ALPNProtocols: ["h2"], ca, ...own };
    const socket = connectTls(tls);
    this.#token = token;
    this.#session = connect("https://localhost", {
      createConnection: () => socket,
      maxSessionMemory: sessionMegabytesMax,
    });
    // A request that was open then fails by itself.
    this.#session.on("error", () => undefined);
  }

  /** One request and its whole answer. */
  async call(
    method: string,
    path: string,
    body?: string,
    type = "application/json",
  ): Promise<Reply> {
    const stream = this.#open(method, path, body, type);
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    const ended = Promise.withResolvers<void>();
    stream.once("end", () => ended.resolve());
    const status = await statusOf(stream);
    stream.once("error", (error) => ended.reject(error));
    await ended.promise;
    return { status, body: Buffer.concat(chunks) };
  }

  /**
   * As {@link call}, for what must be granted; who is told to come again does so, as client-go.
   */
  async done(method: string, path: string, body?: string, type?: string): Promise<Reply> {
    let reply = await this.call(method, path, body, type);
    for (let tried = 1; reply.status === 429 && tried < triesMax; tried += 1) {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      reply = await this.call(method, path, body, type);
    }
    if (reply.status < 300) return reply;
    const said = reply.body.toString("utf8", 0, 300);
    throw new Error(`Cannot ${method} ${path}: status ${reply.status}: ${said}`);
  }

  /** Opens a watch; what comes is handed on as it comes, or thrown away. */
  async watch(path: string, take?: (text: string) => void): Promise<void> {
    const stream = this.#open("GET", path, undefined, "");
    stream.on("error", () => undefined);
    const status = await statusOf(stream);
    if (status !== 200) throw new Error(`Cannot watch ${path}: status ${status}`);
    if (take === undefined) stream.resume();
    else stream.setEncoding("utf8").on("data", take);
  }

  close(): void {
    this.#session.destroy();
  }

  #open(method: string, path: string, body: string | undefined, type: string): ClientHttp2Stream {
    const headers = {
      ":method": method,
      ":path": path,
      accept: "application/json",
      ...(body !== undefined && { "content-type": type }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
    };
    const stream = this.#session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    return stream;
  }
}

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    stream.once("response", (headers) => resolve(Number(headers[":status"])));
    stream.once("error", reject);
  });
}

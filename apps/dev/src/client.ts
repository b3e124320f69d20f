import { type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import { BeeError } from "@beemesh/base";
import { parseYaml } from "@beemesh/gateway";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";

/** Answers of the API that a command reads: at most this many UTF-16 code units. */
const answerLengthMax = 64 * 1024 * 1024;

/** What the API answered. */
export interface Answer {
  readonly status: number;
  /** Empty if it was no object. */
  readonly body: JsonObject;
  readonly text: string;
  /** What the machine warns of; empty if of nothing. */
  readonly warnings: string;
}

/** A client of one machine's Kubernetes API. */
export interface Client {
  /** @throws {BeeError} `api-unreachable` if nobody answers in time. */
  call(method: string, path: string, body?: Json, contentType?: string): Promise<Answer>;
  /** The items of a list; empty if the API answers with an error. */
  items(path: string): Promise<readonly JsonObject[]>;
}

/**
 * A client with the credentials of a kubeconfig.
 *
 * @param options.socketPath - The machine's API socket; without it the kubeconfig's server is used.
 * @throws {BeeError} `kubeconfig-invalid`.
 */
export function createClient(options: {
  readonly kubeconfig: string;
  readonly socketPath?: string;
  readonly timeoutMs?: number;
}): Client {
  const credentials = readKubeconfig(options.kubeconfig);
  const target: RequestOptions =
    options.socketPath === undefined
      ? { host: credentials.server.hostname, port: credentials.server.port }
      : { socketPath: options.socketPath, servername: "localhost" };
  const call: Client["call"] = async (method, path, body, contentType = "application/json") => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const { status, received, warnings } = await exchange(
      {
        ...target,
        method,
        path,
        ca: credentials.authority,
        cert: credentials.certificate,
        key: credentials.key,
        timeout: options.timeoutMs ?? 10_000,
        headers: {
          accept: "application/json",
          "content-type": contentType,
          // Node leaves the length of a DELETE's body out by itself.
          ...(sent !== undefined && { "content-length": Buffer.byteLength(sent) }),
        },
      },
      sent,
    );
    const parsed = parseJson(received, { lengthMax: answerLengthMax, depthMax: 64 });
    return { status, body: isJsonObject(parsed) ? parsed : {}, text: received, warnings };
  };
  const items: Client["items"] = async (path) => {
    const { body } = await call("GET", path);
    const { items: found } = body;
    return Array.isArray(found) ? found.filter(isJsonObject) : [];
  };
  return { call, items };
}

function exchange(
  options: RequestOptions,
  body: string | undefined,
): Promise<{ readonly status: number; readonly received: string; readonly warnings: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const message = `Cannot ${options.method} ${options.path}: the machine's API does not answer`;
      reject(new BeeError("api-unreachable", message, { cause }));
    };
    const call = request(options, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then(
        (received) => resolve({ status, received, warnings: headers["warning"] ?? "" }),
        fail,
      );
    });
    call.on("error", fail);
    call.on("timeout", () => call.destroy(new Error("timeout")));
    call.end(body);
  });
}

interface Credentials {
  readonly server: URL;
  readonly authority: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** Reads what a kubeconfig says of its current context. */
function readKubeconfig(source: string): Credentials {
  const parsed = parseYaml(source);
  if (!parsed.ok) {
    throw new BeeError("kubeconfig-invalid", `Cannot read kubeconfig: ${parsed.message}`);
  }
  const config = parsed.value;
  const context = named(config, "contexts", member(config, "current-context"), "context");
  const cluster = named(config, "clusters", member(context, "cluster"), "cluster");
  const user = named(config, "users", member(context, "user"), "user");
  const bytes = (holder: Json | undefined, name: string): Buffer =>
    Buffer.from(textOf(member(holder, name)), "base64");
  const server = textOf(member(cluster, "server"));
  if (!URL.canParse(server)) {
    const message = `Cannot read kubeconfig: server "${server}" is no URL`;
    throw new BeeError("kubeconfig-invalid", message);
  }
  return {
    server: new URL(server),
    authority: bytes(cluster, "certificate-authority-data"),
    certificate: bytes(user, "client-certificate-data"),
    key: bytes(user, "client-key-data"),
  };
}

/** The member `inner` of the entry called `name` in the list `list`. */
function named(
  config: Json | undefined,
  list: string,
  name: Json | undefined,
  inner: string,
): Json | undefined {
  const entries = member(config, list);
  const found = Array.isArray(entries)
    ? entries.find((entry: Json) => member(entry, "name") === name)
    : undefined;
  return member(found, inner);
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function member(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

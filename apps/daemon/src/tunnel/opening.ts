import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";

/**
 * Who enters a pod past its sidecar. The `owner` has been asked who it is (port-forward, `connect`)
 * and is asked nothing more, as in Kubernetes; whoever comes through the `ingress` is anybody, so
 * that the pod's policies are asked.
 */
export type Entrant = "owner" | "ingress";

/** What one machine asks of another when it opens a stream to one of its pods. */
export type Opening =
  | {
      readonly kind: "connect";
      readonly uid: string;
      readonly port: number;
      readonly by: Entrant;
    }
  | {
      readonly kind: "log";
      readonly uid: string;
      readonly container: string;
      readonly follow: boolean;
      readonly previous: boolean;
      readonly timestamps: boolean;
      readonly tailLines?: number;
      readonly sinceMs?: number;
      readonly limitBytes?: number;
    }
  | {
      readonly kind: "exec" | "attach";
      readonly uid: string;
      readonly container: string;
      readonly command: readonly string[];
      readonly stdin: boolean;
      readonly tty: boolean;
    };

/** An opening is one line of JSON; a command line of this length is long. */
const openingBytesMax = 64 * 1024;
/** How long the other machine may take to say what it wants, or to answer. */
const openingMsMax = 10_000;
const argumentsMax = 1024;

/** Says on a fresh stream what it is for. */
export function writeOpening(stream: Duplex, opening: Opening): void {
  stream.write(`${JSON.stringify(opening)}\n`);
}

/** The code of what policies keep out; any other refusal is only told in words. */
const policyCode = "policy-refused";

/** Answers an opening: yes without a failure, else why not. */
export function writeAnswer(stream: Duplex, failure?: unknown): void {
  stream.write(`${JSON.stringify(failure === undefined ? "" : answerOf(failure))}\n`);
}

function answerOf(failure: unknown): Json {
  if (!(failure instanceof Error)) return "it failed";
  const { message } = failure;
  const isPolicy = failure instanceof BeeError && failure.code === policyCode;
  return isPolicy ? { code: policyCode, message } : message;
}

/**
 * Waits for the answer to an opening.
 *
 * @throws {BeeError} `policy-refused` if policies keep out who enters; `tunnel-refused` for any
 *   other reason, or if the stream ends without one.
 */
export async function readAnswer(stream: Duplex): Promise<void> {
  const line = await readLine(stream).catch(() => undefined);
  const refusal = line === undefined ? "the other machine hung up" : parseJson(line);
  if (refusal === "") return;
  if (isJsonObject(refusal) && refusal["code"] === policyCode) {
    const { message } = refusal;
    throw new BeeError(policyCode, typeof message === "string" ? message : "Cannot enter the pod");
  }
  throw new BeeError(
    "tunnel-refused",
    `Cannot reach the pod: ${typeof refusal === "string" ? refusal : "no answer"}`,
  );
}

/** Reads what a stream is for; undefined if it is none that an honest machine asks for. */
export async function readOpening(stream: Duplex): Promise<Opening | undefined> {
  const line = await readLine(stream).catch(() => undefined);
  const value = line === undefined ? undefined : parseJson(line);
  return isJsonObject(value) ? openingOf(value) : undefined;
}

function openingOf(value: JsonObject): Opening | undefined {
  const { kind, uid, container } = value;
  if (typeof uid !== "string" || uid === "") return undefined;
  if (kind === "connect") return connectOf(value, uid);
  if (typeof container !== "string") return undefined;
  if (kind === "log") return logOf(value, uid, container);
  return kind === "exec" || kind === "attach"
    ? processOf(value, { kind, uid, container })
    : undefined;
}

function connectOf({ port, by }: JsonObject, uid: string): Opening | undefined {
  const isPort = Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
  if (!isPort || (by !== "owner" && by !== "ingress")) return undefined;
  return { kind: "connect", uid, port: Number(port), by };
}

function processOf(
  value: JsonObject,
  base: { readonly kind: "exec" | "attach"; readonly uid: string; readonly container: string },
): Opening | undefined {
  const command = value["command"];
  if (!Array.isArray(command) || command.length > argumentsMax) return undefined;
  const stdin = value["stdin"] === true;
  const tty = value["tty"] === true;
  return { ...base, command: command.map(String), stdin, tty };
}

function logOf(value: JsonObject, uid: string, container: string): Opening {
  const number = (name: "tailLines" | "sinceMs" | "limitBytes"): Json => value[name] ?? null;
  const isCount = (json: Json): json is number => typeof json === "number" && json >= 0;
  const [tailLines, sinceMs, limitBytes] = [
    number("tailLines"),
    number("sinceMs"),
    number("limitBytes"),
  ];
  return {
    kind: "log",
    uid,
    container,
    follow: value["follow"] === true,
    previous: value["previous"] === true,
    timestamps: value["timestamps"] === true,
    ...(isCount(tailLines) && { tailLines }),
    ...(isCount(sinceMs) && { sinceMs }),
    ...(isCount(limitBytes) && { limitBytes }),
  };
}

/** Reads one line and leaves what follows it in the stream. Rejects at end, error or time-out. */
function readLine(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0);
    const stop = (): void => {
      clearTimeout(timer);
      stream.off("readable", look);
      stream.off("end", fail);
      stream.off("error", fail);
      stream.off("close", fail);
    };
    const fail = (): void => {
      stop();
      reject(new BeeError("tunnel-refused", "Cannot read a line: the stream ended"));
    };
    const look = (): void => {
      for (let chunk = take(stream); chunk !== undefined; chunk = take(stream)) {
        held = Buffer.concat([held, chunk]);
        const end = held.indexOf(10);
        if (end >= 0) {
          stop();
          if (end + 1 < held.length) stream.unshift(held.subarray(end + 1));
          resolve(held.subarray(0, end).toString("utf8"));
          return;
        }
        if (held.length > openingBytesMax) fail();
      }
    };
    const timer = setTimeout(fail, openingMsMax);
    stream.on("readable", look);
    stream.once("end", fail);
    stream.once("error", fail);
    stream.once("close", fail);
    look();
  });
}

function take(stream: Duplex): Buffer | undefined {
  const chunk: unknown = stream.read();
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}

import { Readable, Writable } from "node:stream";
import { isJsonObject, parseJson } from "@beemesh/wire";
import type { WebSocket } from "ws";
import type { Terminal, WantedStreams } from "./remote-command.ts";
import { messageBytes } from "./websocket.ts";

/**
 * The sub-protocols for exec and attach, best first. Every message starts with the byte of its
 * channel; v5 adds a channel that closes another one.
 *
 * Source: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/remotecommand/constants.go
 */
export const terminalProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** A window's size is some tens of bytes. */
const resizeLimits = { lengthMax: 200, depthMax: 2 };

/** The client of an exec or attach over a WebSocket. */
export function webSocketTerminal(
  client: WebSocket,
  protocol: string,
  wanted: WantedStreams,
): Terminal {
  // A broken connection is told by `close`; the error itself says no more.
  client.on("error", () => undefined);
  const stdin = wanted.stdin ? new Readable({ read: () => client.resume() }) : undefined;
  stdin?.on("error", () => undefined);
  let resized: ((columns: number, rows: number) => void) | undefined;
  let size: readonly [number, number] | undefined;

  const resize = (payload: Buffer): void => {
    size = readSize(payload) ?? size;
    if (size) resized?.(...size);
  };
  const take = (number: number | undefined, payload: Buffer): void => {
    const closesStdin = protocol === "v5.channel.k8s.io" && payload[0] === channel.stdin;
    if (number === channel.resize) resize(payload);
    else if (number === channel.close && closesStdin) stdin?.push(null);
    else if (number === channel.stdin && payload.length > 0 && stdin?.push(payload) === false) {
      client.pause();
    }
  };
  client.on("message", (data) => {
    const message = messageBytes(data);
    take(message[0], message.subarray(1));
  });
  client.on("close", () => stdin?.destroy());

  // An empty message tells the client that the connection stands, before any output.
  client.send(Buffer.from([wanted.stdout ? channel.stdout : channel.error]));
  return {
    stdin,
    stdout: wanted.stdout ? output(client, channel.stdout) : undefined,
    stderr: wanted.stderr ? output(client, channel.stderr) : undefined,
    onResize: (listener) => {
      resized = listener;
      if (size) listener(...size);
    },
    onClose: (listener) => client.once("close", listener),
    finish: (status) => {
      const text = Buffer.from(JSON.stringify(status));
      client.send(Buffer.concat([Buffer.from([channel.error]), text]));
      client.resume();
      client.close(1000);
    },
  };
}

/** Writes to one channel; each write waits until the last one is out. */
function output(client: WebSocket, number: number): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      client.send(Buffer.concat([Buffer.from([number]), chunk]), (error) => done(error ?? null));
    },
  });
}

/** Reads `{"Width":80,"Height":24}`. */
export function readSize(payload: Buffer): readonly [number, number] | undefined {
  const size = parseJson(payload.toString("utf8"), resizeLimits);
  if (!isJsonObject(size)) return undefined;
  const { Width: columns, Height: rows } = size;
  const isSize = (value: unknown): value is number =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535;
  return isSize(columns) && isSize(rows) ? [columns, rows] : undefined;
}

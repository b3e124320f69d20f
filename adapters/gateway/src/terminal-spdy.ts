import type { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";
import type { GatewayLimits } from "./limits.ts";
import type { Terminal, WantedStreams } from "./remote-command.ts";
import { SpdySession, type SpdyStream } from "./spdy-session.ts";
import { readSize } from "./terminal-websocket.ts";

/** A window's size comes in one small write; more than this without an end is no size. */
const resizeBytesMax = 1024;

/** When the last word is out, the client has this long to end the connection. */
const goodbyeMs = 5000;

/**
 * The client of an exec or attach over SPDY: it opens one stream for each of error, stdin,
 * stdout, stderr and, with a terminal, resize.
 *
 * @throws {BeeError} `streams-missing` if the client leaves or has not opened all it asked for in
 *   time; the connection is closed then.
 */
export function spdyTerminal(
  socket: Duplex,
  wanted: WantedStreams,
  limits: GatewayLimits,
): Promise<Terminal> {
  const streams = new Map<string, SpdyStream>();
  const needed = [
    "error",
    ...(["stdin", "stdout", "stderr"] as const).filter((name) => wanted[name]),
  ];
  // Were it not waited for, a quick command could be over before the client has opened it.
  if (wanted.tty) needed.push("resize");
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(timer);
      session.destroy();
      reject(new BeeError("streams-missing", "Cannot start the session: streams are missing"));
    };
    const timer = setTimeout(fail, limits.streamOpenMsMax);
    socket.once("close", fail);
    const resizes = resizeListener();
    const session = new SpdySession(socket, {
      streamsMax: 5,
      onStream: (stream) => {
        const type = stream.headers.get("streamtype") ?? "";
        if (streams.has(type) || !needed.includes(type)) return false;
        streams.set(type, stream);
        stream.on("error", () => undefined);
        if (type === "resize") stream.on("data", (chunk: Buffer) => resizes.take(chunk));
        else if (type !== "stdin") stream.resume();
        if (needed.every((name) => streams.has(name))) {
          clearTimeout(timer);
          socket.off("close", fail);
          resolve(terminalOf(streams, session, { socket, resizes }));
        }
        return true;
      },
    });
  });
}

function terminalOf(
  streams: ReadonlyMap<string, SpdyStream>,
  session: SpdySession,
  { socket, resizes }: { readonly socket: Duplex; readonly resizes: ResizeListener },
): Terminal {
  return {
    stdin: streams.get("stdin"),
    stdout: streams.get("stdout"),
    stderr: streams.get("stderr"),
    onResize: (listener) => resizes.listen(listener),
    onClose: (listener) => {
      if (socket.destroyed) listener();
      else socket.once("close", listener);
    },
    finish: (status) => {
      // What is still coming is thrown away, or the end of the connection would not be seen.
      streams.get("stdin")?.resume();
      const goodbye = setTimeout(() => session.destroy(), goodbyeMs);
      socket.once("close", () => clearTimeout(goodbye));
      streams.get("error")?.end(JSON.stringify(status), () => session.end());
    },
  };
}

interface ResizeListener {
  take(chunk: Buffer): void;
  listen(listener: (columns: number, rows: number) => void): void;
}

/** Sizes come as JSON objects one after the other, without anything between them. */
function resizeListener(): ResizeListener {
  let text = "";
  let size: readonly [number, number] | undefined;
  let listener: ((columns: number, rows: number) => void) | undefined;
  return {
    take: (chunk) => {
      text = (text + chunk.toString("latin1")).slice(-resizeBytesMax);
      const end = text.lastIndexOf("}");
      const start = text.lastIndexOf("{", end);
      if (end === -1 || start === -1) return;
      size = readSize(Buffer.from(text.slice(start, end + 1), "latin1")) ?? size;
      text = text.slice(end + 1);
      if (size) listener?.(...size);
    },
    listen: (next) => {
      listener = next;
      if (size) next(...size);
    },
  };
}

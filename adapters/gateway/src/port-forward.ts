import { type Duplex, finished } from "node:stream";
import type { Duplex as PortDuplex } from "@beemesh/ports";
import { hostDuplex } from "./host-stream.ts";
import type { GatewayLimits } from "./limits.ts";
import { SpdySession, type SpdyStream } from "./spdy-session.ts";

/** The name of the protocol, as SPDY's clients ask for it. */
export const portForwardProtocol = "portforward.k8s.io";

/** The same inside the messages of a WebSocket, as kubectl does since 1.31. */
export const portForwardTunnelProtocol = "SPDY/3.1+portforward.k8s.io";

/** Makes a connection to a port inside the pod. */
export type ConnectPort = (port: number) => Promise<PortDuplex>;

/** Two streams that belong to one forwarded connection. */
interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  readonly timer: NodeJS.Timeout;
}

/**
 * Forwards connections: for each the client opens a stream for errors and one for data, with the
 * same `requestid` and the `port`. Ends when the client ends the connection.
 */
export function forwardPorts(
  socket: Duplex,
  connect: ConnectPort,
  limits: GatewayLimits,
): SpdySession {
  const pairs = new Map<string, Pair>();
  const session = new SpdySession(socket, {
    streamsMax: limits.spdyStreamsMax,
    onStream: (stream) => {
      const port = readPort(stream.headers.get("port"));
      const id = stream.headers.get("requestid");
      const type = stream.headers.get("streamtype");
      if (port === undefined || id === undefined) return false;
      if (type !== "error" && type !== "data") return false;
      const pair = pairs.get(id) ?? startPair(pairs, id, limits.streamOpenMsMax);
      if (pair[type] !== undefined) return false;
      pair[type] = stream;
      stream.on("error", () => undefined);
      if (pair.error && pair.data) {
        clearTimeout(pair.timer);
        pairs.delete(id);
        void forward(pair.data, pair.error, () => connect(port), port);
      }
      return true;
    },
  });
  socket.once("close", () => {
    for (const pair of pairs.values()) clearTimeout(pair.timer);
  });
  return session;
}

/** A pair whose other half never comes is dropped. */
function startPair(pairs: Map<string, Pair>, id: string, durationMs: number): Pair {
  const timer = setTimeout(() => {
    pairs.delete(id);
    pair.error?.destroy();
    pair.data?.destroy();
  }, durationMs);
  const pair: Pair = { timer };
  pairs.set(id, pair);
  return pair;
}

async function forward(
  data: SpdyStream,
  error: SpdyStream,
  connect: () => Promise<PortDuplex>,
  port: number,
): Promise<void> {
  // The client sends nothing on it; reading its end lets the stream close.
  error.resume();
  try {
    const target = hostDuplex(await connect());
    join(data, target, () => error.end());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it failed";
    error.end(`Cannot connect to port ${port} of the pod: ${why}`);
    data.destroy();
  }
}

/**
 * Carries bytes both ways; each direction ends for itself, a broken side breaks the other.
 *
 * @param done - Called once when both directions are over.
 */
export function join(one: Duplex, other: Duplex, done: () => void): void {
  let open = 2;
  const over = (): void => {
    open -= 1;
    if (open === 0) done();
  };
  const watch = (stream: Duplex, peer: Duplex): void => {
    finished(stream, (error) => {
      if (error) peer.destroy();
      over();
    });
    stream.on("error", () => undefined);
  };
  watch(one, other);
  watch(other, one);
  one.pipe(other);
  other.pipe(one);
  if (one.destroyed) other.destroy();
}

/** A port from 1 to 65535. */
export function readPort(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/u.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

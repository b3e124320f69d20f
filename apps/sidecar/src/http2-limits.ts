import type * as http2Module from "node:http2";
import { headersMax } from "@beemesh/proxy";

/** Node's module, which is loaded when the first connection of HTTP/2 is seen. */
export type Http2 = typeof http2Module;

/** Of a frame that is the last of its direction (RFC 9113, section 6.2). */
export const endStreamFlag = 1;

/** Streams at once of one connection of a program; RFC 9113 wants no fewer than 100. */
export const streamsMax = 256;

/** Bytes of one list of fields, each with 32 more (RFC 9113, 6.5.2). What HTTP/1.1 may have. */
const headerListBytesMax = 64 * 1024;

/** Memory of one session in MB, in which Node counts its streams and what waits in them. */
const sessionMegabytesMax = 32;

/** Window of one stream: what waits of it for a slow reader. */
const streamWindowBytes: number = 256 * 1024;

/** Window of a whole connection: a few streams at full speed over a way of 20 ms. */
export const connectionWindowBytes: number = 4 * 1024 * 1024;

/**
 * Streams that may be reset at once, and each second: more end the connection, as no honest client
 * breaks off so much of what it has begun (CVE-2023-44487, "rapid reset").
 */
const resetsBurst = 1000;
const resetsPerSecond = 100;

/** Settings and pings without an answer of ours, fields of one message, frames that are none. */
const settingsMax = 32;
const pingsMax = 10;
const faultsMax = 100;

const common = {
  maxSessionMemory: sessionMegabytesMax,
  maxHeaderListPairs: headersMax,
  maxSettings: settingsMax,
  maxOutstandingPings: pingsMax,
  maxSessionInvalidFrames: faultsMax,
  maxSessionRejectedStreams: faultsMax,
};

/** What a program's session may do. */
export const serverLimits = {
  ...common,
  streamResetBurst: resetsBurst,
  streamResetRate: resetsPerSecond,
  settings: {
    maxConcurrentStreams: streamsMax,
    maxHeaderListSize: headerListBytesMax,
    initialWindowSize: streamWindowBytes,
    // What passes through can be held in no half: no WebSocket over HTTP/2 (RFC 8441).
    enableConnectProtocol: false,
  },
};

/** What an endpoint's session may do: it pushes nothing. */
export const clientLimits = {
  ...common,
  settings: {
    enablePush: false,
    maxHeaderListSize: headerListBytesMax,
    initialWindowSize: streamWindowBytes,
  },
};

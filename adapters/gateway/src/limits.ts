/**
 * Every limit of the gateway, with its reason. Durations are milliseconds, sizes bytes. A server
 * takes a changed copy in its options, mostly for tests.
 */

export interface GatewayLimits {
  /** One object is at most 1.5 MB; kube-apiserver too takes 3 MiB of request for it. */
  readonly bodyBytesMax: number;
  /** Of who shows no credentials: a question is small, and most of these are refused. */
  readonly strangerBodyBytesMax: number;
  /** A body that comes slower than this is an attack or a dead link. */
  readonly bodyMsMax: number;
  /** An `exec` carries its command in the query, hence more than the 16 KiB of browsers. */
  readonly headerBytesMax: number;
  /** Many kubectl at once are tens of connections; the rest of the file handles are for pods. */
  readonly connectionsMax: number;
  /** Connections of one address of the network: no client alone keeps out all others. */
  readonly connectionsPerClientMax: number;
  /** A connection that has not asked for anything by then is closed. */
  readonly firstRequestMsMax: number;
  /** A connection with nothing open is closed after this. client-go opens another one. */
  readonly idleMsMax: number;
  /** Requests of one user that wait for an answer at the same time. */
  readonly requestsPerUserMax: number;
  /** Watches, logs, execs and forwards of one user. A controller holds some tens of watches. */
  readonly streamsPerUserMax: number;
  /** What a watch may have unsent before its client counts as too slow. */
  readonly streamBufferBytesMax: number;
  /** An answer that the client has not taken by then is dropped. */
  readonly replyMsMax: number;
  /** Answers longer than this are compressed if the client can read it (as kube-apiserver). */
  readonly gzipBytesMin: number;
  /** `close()` waits this long for requests in flight. */
  readonly drainMsMax: number;
  /** How long a client may take to open the streams of an exec or of one forwarded connection. */
  readonly streamOpenMsMax: number;
  /** One WebSocket message; kubectl sends at most 32 KiB at once, other clients 64 KiB. */
  readonly messageBytesMax: number;
  /** A WebSocket client that is silent for two of these is dead. */
  readonly heartbeatMs: number;
  /** Open SPDY streams of one connection: a forwarded connection takes two. */
  readonly spdyStreamsMax: number;
}

/** What holds if the options say nothing. */
export const gatewayLimits: GatewayLimits = {
  bodyBytesMax: 3 * 1024 * 1024,
  strangerBodyBytesMax: 16 * 1024,
  bodyMsMax: 30_000,
  headerBytesMax: 64 * 1024,
  connectionsMax: 1000,
  connectionsPerClientMax: 200,
  firstRequestMsMax: 10_000,
  idleMsMax: 180_000,
  requestsPerUserMax: 100,
  streamsPerUserMax: 500,
  streamBufferBytesMax: 4 * 1024 * 1024,
  replyMsMax: 60_000,
  gzipBytesMin: 128 * 1024,
  drainMsMax: 10_000,
  streamOpenMsMax: 30_000,
  messageBytesMax: 1024 * 1024,
  heartbeatMs: 30_000,
  spdyStreamsMax: 512,
};

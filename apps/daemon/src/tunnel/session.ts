import { Buffer } from "node:buffer";
import { type Duplex, PassThrough, Readable, Writable } from "node:stream";
import { BeeError } from "@beemesh/base";
import type { ExecSession } from "@beemesh/ports";
import { type Channel, channels, encodeFrames, type Frame, FrameReader } from "./frame.ts";

/**
 * The near end of a session whose process runs on another machine: the frames of one stream as
 * an {@link ExecSession}. If the stream ends before the process has, the exit code is rejected.
 */
export function remoteSession(
  stream: Duplex,
  options: { readonly stdin: boolean; readonly tty: boolean },
): ExecSession {
  const stdout = new PassThrough();
  const stderr = options.tty ? undefined : new PassThrough();
  const reader = new FrameReader();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // The gateway may have gone before the process: nobody is left to be told.
  promise.catch(() => undefined);
  const send = (channel: Channel, payload: Uint8Array): boolean =>
    stream.writable && stream.write(encodeFrames(channel, payload));
  const take = ({ channel, payload }: Frame): void => {
    if (channel === channels.stdout) pause(stdout.write(payload), stream, stdout);
    else if (channel === channels.stderr && stderr) pause(stderr.write(payload), stream, stderr);
    else if (channel === channels.exit) resolve(Number(payload.toString("utf8")));
  };
  stream.on("data", (chunk: Buffer) => {
    const frames = reader.read(chunk);
    if (frames === undefined) stream.destroy();
    else for (const frame of frames) take(frame);
  });
  const finish = (): void => {
    reject(new BeeError("tunnel-broken", "Cannot follow the process: its machine hung up"));
    stdout.end();
    stderr?.end();
  };
  stream.on("end", finish);
  stream.on("close", finish);
  stream.on("error", finish);
  if (stream.readableEnded || stream.destroyed) finish();
  return {
    stdin: options.stdin ? stdinTo(stream, send) : undefined,
    stdout,
    stderr,
    exitCode: promise,
    resize: (columns, rows) => {
      send(channels.resize, Buffer.from(JSON.stringify([columns, rows])));
    },
    kill: () => {
      stream.destroy();
    },
  };
}

/** Serves the far end: joins a session of this machine's runtime to a stream of frames. */
export function serveSession(stream: Duplex, session: ExecSession): void {
  const reader = new FrameReader();
  const send = (channel: Channel, payload: Uint8Array): boolean =>
    !stream.writable || stream.write(encodeFrames(channel, payload));
  const { stdin } = session;
  stream.on("data", (chunk: Buffer) => {
    const frames = reader.read(chunk);
    if (frames === undefined) stream.destroy();
    for (const { channel, payload } of frames ?? []) {
      if (channel === channels.stdin) stdin?.write(payload);
      else if (channel === channels.stdinEnd) stdin?.end();
      else if (channel === channels.resize) resizeBy(session, payload);
    }
  });
  stream.on("error", () => session.kill());
  stream.on("close", () => session.kill());
  const outputs = [forward(session.stdout, channels.stdout, stream, send)];
  if (session.stderr) outputs.push(forward(session.stderr, channels.stderr, stream, send));
  void sayExit(session, outputs, (code) => {
    send(channels.exit, Buffer.from(String(code)));
    stream.end();
  });
}

/** Tells the exit code once all output is through; 255 if it is not known. */
async function sayExit(
  session: ExecSession,
  outputs: readonly Promise<void>[],
  say: (code: number) => void,
): Promise<void> {
  const code = await session.exitCode.catch(() => 255);
  await Promise.all(outputs);
  say(code);
}

type Send = (channel: Channel, payload: Uint8Array) => boolean;

function stdinTo(stream: Duplex, send: Send): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (send(channels.stdin, chunk)) done();
      else if (stream.writable) stream.once("drain", () => done());
      else done(new BeeError("tunnel-broken", "Cannot write to the process: its machine hung up"));
    },
    final(done) {
      send(channels.stdinEnd, Buffer.alloc(0));
      done();
    },
  });
}

/** Stops reading `source` while `target` is full. */
function pause(hasRoom: boolean, source: Duplex, target: PassThrough): void {
  if (hasRoom) return;
  source.pause();
  target.once("drain", () => source.resume());
}

function forward(
  output: ExecSession["stdout"],
  channel: Channel,
  stream: Duplex,
  send: Send,
): Promise<void> {
  const source = hostReadable(output);
  return new Promise((resolve) => {
    source.on("data", (chunk: Buffer) => {
      if (send(channel, chunk)) return;
      source.pause();
      stream.once("drain", () => source.resume());
    });
    source.on("end", resolve);
    source.on("close", resolve);
    source.on("error", () => resolve());
  });
}

/** The runtime's streams are Node's own; the port only does not say so. */
export function hostReadable(stream: ExecSession["stdout"]): Readable {
  if (stream instanceof Readable) return stream;
  throw new BeeError("stream-foreign", "Cannot read a stream: it is none of Node's");
}

function resizeBy(session: ExecSession, payload: Buffer): void {
  const [columns, rows] = payload.toString("utf8").replaceAll(/[[\]]/gu, "").split(",").map(Number);
  if (Number.isInteger(columns) && Number.isInteger(rows))
    session.resize(columns ?? 80, rows ?? 24);
}

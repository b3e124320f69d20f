import { Duplex } from "node:stream";
import {
  dataHead,
  goawayFrame,
  pingFrame,
  rstStreamFrame,
  type SpdyFrame,
  SpdyFramer,
  synReplyFrame,
} from "./spdy-framer.ts";
import { type SpdyHeaders, SpdyHeaderWriter } from "./spdy-headers.ts";

export interface SpdySessionOptions {
  readonly streamsMax: number;
  /** Called for every stream that the client opens. False refuses it. */
  readonly onStream: (stream: SpdyStream) => boolean;
}

/** Pieces of a data frame are cut to this, so that streams take turns. */
const dataBytesMax = 64 * 1024;

/** The way from a stream to the connection that carries it. */
interface Carrier {
  send(stream: SpdyStream, data: Buffer, last: boolean, done: (error?: Error) => void): void;
  resume(stream: SpdyStream): void;
  gone(stream: SpdyStream, isReset: boolean): void;
}

/** One stream of a SPDY connection, opened by the client, each direction ending for itself. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #carrier: Carrier;
  #sentLast = false;
  #gotLast = false;

  constructor(id: number, headers: SpdyHeaders, carrier: Carrier) {
    super({ allowHalfOpen: true });
    this.id = id;
    this.headers = headers;
    this.#carrier = carrier;
  }

  /** Takes what the client sent. False if the reader should get time. */
  receive(data: Buffer, last: boolean): boolean {
    if (this.#gotLast || this.destroyed) return true;
    const hasRoom = data.length === 0 || this.push(data);
    if (last) {
      this.#gotLast = true;
      this.push(null);
    }
    return hasRoom || last;
  }

  /** The client took the stream back; nothing is sent any more. */
  reset(): void {
    this.#gotLast = true;
    this.#sentLast = true;
    this.destroy();
  }

  override _read(): void {
    this.#carrier.resume(this);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#carrier.send(this, chunk, false, done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#sentLast = true;
    this.#carrier.send(this, Buffer.alloc(0), true, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#carrier.gone(this, !(this.#sentLast && this.#gotLast));
    done(error);
  }
}

/**
 * The server's end of a SPDY/3.1 connection, as kubectl speaks it. Windows are left out, for
 * kubectl's SPDY ignores them: if the reader of one stream is slow, the whole connection waits,
 * so memory stays bounded.
 */
export class SpdySession {
  readonly #socket: Duplex;
  readonly #options: SpdySessionOptions;
  readonly #framer = new SpdyFramer();
  readonly #headers = new SpdyHeaderWriter();
  readonly #streams = new Map<number, SpdyStream>();
  /** Streams whose reader is behind. */
  readonly #behind = new Set<SpdyStream>();
  #lastStream = 0;
  #ended = false;

  /** Reads from `socket` at once. It ends with the session and is never used by others. */
  constructor(socket: Duplex, options: SpdySessionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.end());
    // A broken connection is told by `close`; the error itself says no more.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#closed());
  }

  /** Ends the connection when all that was written is out. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end();
  }

  /** Ends at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    for (const frame of this.#framer.read(chunk)) {
      if (!this.#ended) this.#take(frame);
    }
    if (this.#behind.size > 0) this.#socket.pause();
  }

  #take(frame: SpdyFrame): void {
    switch (frame.kind) {
      case "open":
        this.#open(frame.stream, frame.headers, frame.last);
        break;
      case "data": {
        const stream = this.#streams.get(frame.stream);
        if (stream?.receive(frame.data, frame.last) === false) this.#behind.add(stream);
        break;
      }
      case "reset":
        this.#streams.get(frame.stream)?.reset();
        break;
      case "ping":
        // Odd ones are the client's questions; even ones would answer ours, and we ask none.
        if (frame.id % 2 === 1) this.#write(pingFrame(frame.id));
        break;
      case "goaway":
        break;
      case "violation":
        this.#violated();
        break;
    }
  }

  #open(id: number, headers: SpdyHeaders, last: boolean): void {
    if (id % 2 === 0 || id <= this.#lastStream) {
      this.#violated();
      return;
    }
    this.#lastStream = id;
    if (this.#streams.size >= this.#options.streamsMax) {
      this.#write(rstStreamFrame(id, 3));
      return;
    }
    const stream = new SpdyStream(id, headers, {
      send: (from, data, end, done) => this.#send(from, data, end, done),
      resume: (reader) => this.#resume(reader),
      gone: (leaver, isReset) => this.#gone(leaver, isReset),
    });
    this.#streams.set(id, stream);
    if (!this.#options.onStream(stream)) {
      stream.reset();
      this.#write(rstStreamFrame(id, 3));
      return;
    }
    this.#write(synReplyFrame(id, this.#headers.write(new Map())));
    if (last) stream.receive(Buffer.alloc(0), true);
  }

  #send(stream: SpdyStream, data: Buffer, last: boolean, done: (error?: Error) => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      done(new Error("The connection of the stream is closed"));
      return;
    }
    const finish = (error?: Error | null): void => done(error ?? undefined);
    for (let at = 0; at + dataBytesMax < data.length; at += dataBytesMax) {
      this.#write(dataHead(stream.id, dataBytesMax, false));
      this.#write(data.subarray(at, at + dataBytesMax));
    }
    const rest = data.subarray(
      Math.max(0, Math.ceil(data.length / dataBytesMax) - 1) * dataBytesMax,
    );
    this.#socket.write(Buffer.concat([dataHead(stream.id, rest.length, last), rest]), finish);
  }

  #resume(stream: SpdyStream): void {
    if (this.#behind.delete(stream) && this.#behind.size === 0) this.#socket.resume();
  }

  #gone(stream: SpdyStream, isReset: boolean): void {
    this.#streams.delete(stream.id);
    if (isReset) this.#write(rstStreamFrame(stream.id, 5));
    this.#resume(stream);
  }

  #violated(): void {
    this.#write(goawayFrame(this.#lastStream, 1));
    this.#ended = true;
    this.#closed();
    this.#socket.removeAllListeners("data");
    this.#socket.end(() => this.destroy());
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(bytes);
  }

  #closed(): void {
    for (const stream of this.#streams.values()) stream.reset();
    if (!this.#ended) this.destroy();
  }
}

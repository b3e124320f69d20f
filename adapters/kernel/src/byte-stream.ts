import { errnos } from "./errno.ts";
import { libc } from "./libc.ts";
import { later, Readiness, readable, settle, type Watcher, writable } from "./readiness.ts";
import { addressBytesMax, readSocketAddress, type SocketAddress } from "./socket-address.ts";
import { socketCalls } from "./socket-calls.ts";

/** Who reads a stream. */
export interface StreamUser {
  /**
   * Whether `onData` settles no promise and asks nothing of Node, or calls `settle` if it does:
   * then small messages cost less.
   */
  readonly isQuiet?: boolean;
  /** What has come, in memory that is another's as soon as this returns: who keeps it copies it. */
  onData(bytes: Uint8Array): void;
  /** The other end says that it sends no more. */
  onEnd(): void;
  /** The stream takes bytes again, after `write` gave false. */
  onDrain(): void;
  /** The stream is no more; told once, and last. */
  onClose(): void;
}

/** Bytes that are read at once. More is worth little: a system call takes a tenth of copying it. */
export const chunkBytes: number = 64 * 1024;

/** Chunks of one stream in one turn, for others have their turn too. */
const chunksMax = 4;

/**
 * Bytes that are kept for a reader who does not read, whatever the writer does. A writer is told to
 * wait at the first byte that the kernel does not take; who goes on all the same loses the stream.
 */
export const keptBytesMax: number = 4 * 1024 * 1024;

/** Before what is read, so that whoever passes it on may write a header there. */
const roomBytes = 16;

/** `MSG_DONTWAIT | MSG_NOSIGNAL`. */
const sendFlags = 0x40 | 0x4000;
/** `SHUT_WR`. */
const shutWrite = 1;
/** `SOL_SOCKET`, `SO_LINGER`, `SO_KEEPALIVE`; `IPPROTO_TCP`, `TCP_NODELAY`, `TCP_KEEPIDLE`. */
const options = {
  linger: { level: 1, name: 13 },
  keepAlive: { level: 1, name: 9 },
  noDelay: { level: 6, name: 1 },
  keepIdle: { level: 6, name: 4 },
} as const;

/** What every stream reads into: only one is read at a time, and its user keeps nothing of it. */
const memory: Buffer = Buffer.alloc(roomBytes + chunkBytes);
/** The part of it that is read into. */
export const chunk: Buffer = memory.subarray(roomBytes);
let chunkPointer: bigint | undefined;

/** Where {@link chunk} lies, which costs less to hand on than the array does. */
export function chunkAddress(): bigint {
  chunkPointer ??= libc().pointerTo(chunk);
  return chunkPointer;
}

const nobody: StreamUser = {
  onData: () => {},
  onEnd: () => {},
  onDrain: () => {},
  onClose: () => {},
};

/** What {@link ByteStream.receive} gives when there is nothing now, or never again. */
export const nothingNow = -1;
export const broken = -2;

/**
 * A stream of bytes in both directions, on a descriptor that it owns. Nothing is read before
 * {@link read}. Nothing is copied or kept of what passes but what the kernel does not take at once.
 */
export abstract class ByteStream implements Watcher {
  protected readonly fd: number;
  readonly #readiness: Readiness;
  #user: StreamUser = nobody;
  #isReading = false;
  #hasEnded = false;
  #isEnding = false;
  #isClosed = false;
  #isBroken = false;
  #isFull = false;
  #hasShut = false;
  readonly #onRelease: (() => void) | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #events = 0;
  #local: SocketAddress | undefined;

  /**
   * @param fd - Of a connected socket; closed if there can be no stream of it.
   * @param onRelease - Told at once when the stream has no descriptor any more.
   * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
   */
  constructor(fd: number, onRelease?: () => void) {
    this.fd = fd;
    this.#onRelease = onRelease;
    try {
      this.#readiness = new Readiness(fd, this);
    } catch (error) {
      socketCalls().close(fd);
      throw error;
    }
  }

  get isQuiet(): boolean {
    return this.#user.isQuiet === true;
  }

  /** Whether it can still be written to or read from. */
  get isOpen(): boolean {
    return !this.#isClosed && !this.#isBroken;
  }

  /** Whether the other end has said its end, and that has been told. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether both ends have said their end, and all that was written has gone. */
  get isFinished(): boolean {
    return this.#hasEnded && this.#hasShut;
  }

  /** Bytes that the kernel has not taken yet. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** This end; the address is empty of a Unix socket. */
  get local(): SocketAddress {
    this.#local ??= this.#addressBy(socketCalls().getsockname);
    return this.#local;
  }

  /** The other end; the address is empty of a Unix socket, or if it has gone. */
  get remote(): SocketAddress {
    return this.#addressBy(socketCalls().getpeername);
  }

  /** Whose stream it is from now on; reads. */
  read(user: StreamUser): void {
    this.#user = user;
    if (this.#isClosed) later(() => user.onClose());
    else this.resume();
  }

  /** Lets what comes wait with the kernel, which lets the other end wait in turn. */
  pause(): void {
    this.#isReading = false;
  }

  resume(): void {
    if (this.#isReading || this.#isClosed) return;
    this.#isReading = true;
    if (this.#hasEnded) return;
    this.#watch(this.#events | readable);
    if (this.holds) later(() => this.#readChunks());
  }

  /**
   * Writes what is the caller's again as soon as this returns.
   *
   * @returns False if the writer should wait for `onDrain`.
   */
  write(bytes: Uint8Array): boolean {
    if (this.isOpen && !this.#isEnding && bytes.length > 0) this.transmit(bytes);
    return !this.#isFull;
  }

  /** Says that no more will be written, after what has been. */
  end(): void {
    if (this.#isEnding || !this.isOpen) return;
    this.finish();
    this.#isEnding = true;
    if (this.#keptBytes === 0) this.#shutDown();
  }

  /** Breaks off, so that the other end of TCP is told by an RST. */
  reset(): void {
    if (this.#isClosed) return;
    const now = Buffer.alloc(8);
    now.writeInt32LE(1, 0);
    libc().setsockopt(this.fd, options.linger.level, options.linger.name, now);
    this.destroy();
  }

  /** Closes it at once; what the kernel has not taken yet is lost. */
  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isReading = false;
    this.#release();
    socketCalls().close(this.fd);
    later(() => this.#user.onClose());
  }

  /** Lets small writes go at once, and asks after silence whether the other end is there still. */
  tune(keepAliveSeconds: number): void {
    if (this.#isClosed) return;
    this.#set(options.noDelay, 1);
    if (keepAliveSeconds <= 0) return;
    this.#set(options.keepAlive, 1);
    this.#set(options.keepIdle, keepAliveSeconds);
  }

  /**
   * Gives the descriptor away, which is nobody's from then on; the stream is closed, and says so to
   * no one. What was kept to be written is lost.
   */
  detach(): number {
    this.#isClosed = true;
    this.#isReading = false;
    this.#user = nobody;
    this.#release();
    return this.fd;
  }

  onReady(events: number): void {
    if (events === 0) {
      // The socket has an error: reading or writing tells which, now or when somebody does.
      this.#readiness.forget();
      this.#events = 0;
      if (this.#keptBytes > 0) this.#flush();
      if (this.#isReading || !this.isSteady) this.#onReadable();
      return;
    }
    if ((events & writable) !== 0) this.#flush();
    if ((events & readable) !== 0 && !this.#isClosed) this.#onReadable();
  }

  #onReadable(): void {
    if (!this.isSteady) this.onUnsteady();
    else if (this.#isReading) this.#readChunks();
    // It is not asked for any more until somebody reads: this saves calls when that is soon.
    else this.#watch(this.#events & ~readable);
  }

  /** Whether bytes of the user's pass; not so while hands are shaken. */
  protected get isSteady(): boolean {
    return true;
  }

  /** It is readable, and not steady. */
  protected onUnsteady(): void {}

  /** Whether something was read that the kernel will not tell of again. */
  protected get holds(): boolean {
    return false;
  }

  /**
   * Reads into {@link chunk}.
   *
   * @returns How many bytes, 0 for the end, {@link nothingNow} or {@link broken}.
   */
  protected abstract receive(): number;
  /** Whether after a chunk of so many bytes there may be more. */
  protected abstract mayHaveMore(length: number): boolean;
  /** Writes what is not nothing by {@link put}. */
  protected abstract transmit(bytes: Uint8Array): void;
  /** Writes what says the end, before the end of the socket. */
  protected finish(): void {}
  /** Gives up what belongs to it, once. */
  protected free(): void {}

  /** Asks for readiness to read, though nobody reads yet. */
  protected listen(): void {
    this.#watch(this.#events | readable);
  }

  /** The stream cannot go on; told as any other close. */
  protected fail(): void {
    if (this.#isBroken || this.#isClosed) return;
    this.#isBroken = true;
    later(() => this.destroy());
  }

  /** Sends bytes as they are, and keeps a copy of what the kernel does not take. */
  protected put(bytes: Uint8Array): void {
    const sent = this.#keptBytes > 0 ? 0 : this.#send(bytes);
    if (sent === bytes.length || this.#isBroken) return;
    this.#isFull = true;
    this.#kept.push(Uint8Array.from(sent === 0 ? bytes : bytes.subarray(sent)));
    this.#keptBytes += bytes.length - sent;
    if (this.#keptBytes > keptBytesMax) this.fail();
    else this.#watch(this.#events | writable);
  }

  #readChunks(): void {
    for (let count = 0; count < chunksMax; count += 1) {
      if (!this.#isReading || this.#isBroken || this.#hasEnded) return;
      const length = this.receive();
      if (length <= 0) {
        if (length === 0) this.#onEnd();
        else if (length === broken) this.fail();
        return;
      }
      this.#user.onData(chunk.subarray(0, length));
      if (!this.mayHaveMore(length)) return;
    }
    if (this.#isReading && this.holds) later(() => this.#readChunks());
  }

  #onEnd(): void {
    this.#hasEnded = true;
    this.#watch(this.#events & ~readable);
    settle();
    this.#user.onEnd();
    if (this.#isEnding && this.#keptBytes === 0) this.destroy();
  }

  /** @returns How many bytes the kernel has taken. */
  #send(bytes: Uint8Array): number {
    const sent = Number(socketCalls().send(this.fd, bytes, BigInt(bytes.length), sendFlags));
    if (sent >= 0) return sent;
    const errno = libc().errnoOfLast();
    if (errno !== errnos.again && errno !== errnos.interrupted) this.fail();
    return 0;
  }

  #flush(): void {
    for (let [bytes] = this.#kept; bytes !== undefined; [bytes] = this.#kept) {
      const sent = this.#send(bytes);
      this.#keptBytes -= sent;
      if (sent < bytes.length) {
        this.#kept[0] = bytes.subarray(sent);
        return;
      }
      this.#kept.shift();
    }
    this.#watch(this.#events & ~writable);
    if (this.#isEnding) this.#shutDown();
    else if (this.#isFull) {
      this.#isFull = false;
      settle();
      this.#user.onDrain();
    }
  }

  #shutDown(): void {
    if (this.#isClosed) return;
    this.#hasShut = true;
    socketCalls().shutdown(this.fd, shutWrite);
    if (this.#hasEnded) this.destroy();
  }

  #release(): void {
    this.#readiness.close();
    this.#kept = [];
    this.#keptBytes = 0;
    this.free();
    this.#onRelease?.();
  }

  #watch(events: number): void {
    this.#events = events;
    this.#readiness.watch(events);
  }

  #set({ level, name }: { readonly level: number; readonly name: number }, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    // A Unix socket has no such option, and needs none.
    libc().setsockopt(this.fd, level, name, bytes);
  }

  #addressBy(call: (fd: number, address: Uint8Array, length: Uint8Array) => number): SocketAddress {
    const address = Buffer.alloc(addressBytesMax);
    const length = Buffer.alloc(4);
    length.writeInt32LE(addressBytesMax);
    if (this.#isClosed || call(this.fd, address, length) < 0) return { ip: "", port: 0 };
    return readSocketAddress(address);
  }
}

/** TCP or a Unix socket, as it is. */
export class PlainStream extends ByteStream {
  protected receive(): number {
    const length = Number(socketCalls().recv(this.fd, chunkAddress(), chunkLength, 0));
    if (length >= 0) return length;
    const errno = libc().errnoOfLast();
    return errno === errnos.again || errno === errnos.interrupted ? nothingNow : broken;
  }

  protected mayHaveMore(length: number): boolean {
    return length === chunkBytes;
  }

  protected transmit(bytes: Uint8Array): void {
    this.put(bytes);
  }
}

const chunkLength = BigInt(chunkBytes);

/**
 * What was just read with `count` bytes before it, for who passes it on behind a header; undefined
 * if it is no part of a chunk, or there is not so much room.
 */
export function withRoomBefore(bytes: Uint8Array, count: number): Uint8Array | undefined {
  if (bytes.buffer !== memory.buffer) return undefined;
  const start = bytes.byteOffset - memory.byteOffset - count;
  return start < 0 ? undefined : memory.subarray(start, start + count + bytes.length);
}

/** Two ends of a stream in one process, for the tests of streams. */
import assert from "node:assert/strict";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { type ByteStream, PlainStream, type StreamUser } from "./byte-stream.ts";
import { libc } from "./libc.ts";
import { socketAddress } from "./socket-address.ts";
import { type Connected, connectStream } from "./stream-connector.ts";
import { StreamListener } from "./stream-listener.ts";
import { TlsContext } from "./tls-context.ts";
import { TlsStream } from "./tls-stream.ts";

export const skip: string | false = process.platform !== "linux" && "needs Linux";

/** A key that is nobody's, of P-256 in PKCS #8, and two certificates of it: one is over. */
const keyText =
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgea9hi2uaBauVS/EOgHFdP30OPcF+2ah7Kuwyt9OG" +
  "i+OhRANCAAQzReu2Dnv4wdvDD8JoWXPk7IGKtEmneeQlbeH4LNgr5CT/UubCwJSsQGYqBiDSQRKOtmaZXGf17uYg" +
  "yXhVKhvI";
const goodText =
  "MIIBbzCCARWgAwIBAgIUc0BYsmbmK/72HwmNKwT73/b6ajowCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAgFw0y" +
  "NjExMjgyMTMyMDNaGA8yMTI2MTEwNDIxMzIwM1owDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEH" +
  "A0IABDNF67YOe/jB28MPwmhZc+TsgYq0Sad55CVt4fgs2CvkJP9S5sLAlKxAZioGINJBEo62ZplcZ/Xu5iDJeFUq" +
  "G8ijUzBRMB0GA1UdDgQWBBRO2tP4fgUz9TwaV1USeFeN80MhUzAfBgNVHSMEGDAWgBRO2tP4fgUz9TwaV1USeFeN" +
  "80MhUzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDGgpPx1xcYf1kZycJ354L4g2rBNBU05pNl" +
  "3hAmcaUYYQIgNk63wkXl+54Ma8nLCg1bdB4y9qq+NSiwm4LTuPpsM38=";
const expiredText =
  "MIIBFzCBvQIUVrac+q5wRu2GValgeqo1gY/EtMIwCgYIKoZIzj0EAwIwDjEMMAoGA1UEAwwDb2xkMB4XDTI2MTEy" +
  "ODIxMzMyM1oXDTI2MTEyNzIxMzMyM1owDjEMMAoGA1UEAwwDb2xkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" +
  "M0Xrtg57+MHbww/CaFlz5OyBirRJp3nkJW3h+CzYK+Qk/1LmwsCUrEBmKgYg0kESjrZmmVxn9e7mIMl4VSobyDAK" +
  "BggqhkjOPQQDAgNJADBGAiEA4STVJGHSEM8iQK5BVap//xkDK2kZIUt4GwJIxg2BLycCIQDYQjrzc8py7PJpLvHp" +
  "tkqAPKqe6s1m7uNccdLktfkjKg==";

const keyBytes: Buffer = Buffer.from(keyText, "base64");

/** The key, for Node's own TLS. */
export const testKey: KeyObject = createPrivateKey({ key: keyBytes, format: "der", type: "pkcs8" });

/** The certificates in PEM. */
export const good: string = pemOf(goodText);
export const expired: string = pemOf(expiredText);

function pemOf(text: string): string {
  const head = "-----BEGIN CERTIFICATE-----\n";
  return `${head}${(text.match(/.{1,64}/gu) ?? []).join("\n")}\n-----END CERTIFICATE-----\n`;
}

export function contextOf(certificate: string): TlsContext {
  return new TlsContext(keyBytes, certificate);
}

/** The descriptors of a connection by a Unix socket. */
export function unixPair(): [number, number] {
  const pair = Buffer.alloc(8);
  assert.equal(libc().socketpair(1, 1 | 0o4000 | 0o2_000_000, 0, pair), 0);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
}

/** A connection by TCP over loopback: who connected, and who was connected to. */
export async function tcpPair(): Promise<[PlainStream, PlainStream]> {
  const { promise: accepted, resolve: onStream } = Promise.withResolvers<PlainStream>();
  const options = { address: socketAddress("127.0.0.1", 0), connectionsMax: 1, onStream };
  const listener = new StreamListener(options);
  const connected = await connectTo(listener.port);
  assert(typeof connected !== "number");
  const pair: [PlainStream, PlainStream] = [connected, await accepted];
  listener.close();
  return pair;
}

export function connectTo(port: number, ip = "127.0.0.1"): Promise<Connected> {
  return new Promise((resolve) => {
    connectStream(ip, port, resolve);
  });
}

/** TLS over TCP, hands shaken: the client's end and the server's. */
export async function tlsPair(context: TlsContext): Promise<[TlsStream, TlsStream]> {
  const [near, far] = await tcpPair();
  const client = new TlsStream(near.detach(), context, { isServer: false });
  const server = new TlsStream(far.detach(), context, { isServer: true });
  assert.deepEqual(await Promise.all([shaken(client), shaken(server)]), [true, true]);
  return [client, server];
}

export function shaken(stream: TlsStream): Promise<boolean> {
  return new Promise((resolve) => stream.shakeHands(resolve));
}

/** Reads a stream into memory, and knows what has happened to it. */
export class Reader implements StreamUser {
  readonly stream: ByteStream;
  readonly chunks: Buffer[] = [];
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  drains = 0;
  closes = 0;
  #length = 0;
  readonly #onEnded: () => void;
  readonly #onClosed: () => void;
  #onDrained: (() => void) | undefined;
  #onLength: (() => void) | undefined;
  #lengthWanted = 0;

  constructor(stream: ByteStream) {
    this.stream = stream;
    ({ promise: this.ended, resolve: this.#onEnded } = Promise.withResolvers<void>());
    ({ promise: this.closed, resolve: this.#onClosed } = Promise.withResolvers<void>());
    stream.read(this);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Waits until so many bytes have come. */
  until(length: number): Promise<void> {
    if (this.#length >= length) return Promise.resolve();
    this.#lengthWanted = length;
    return new Promise((resolve) => {
      this.#onLength = resolve;
    });
  }

  /** Writes, and waits if it must. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.stream.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
  }

  onData(bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes));
    this.#length += bytes.length;
    if (this.#length >= this.#lengthWanted) this.#onLength?.();
  }

  onEnd(): void {
    this.#onEnded();
  }

  onDrain(): void {
    this.drains += 1;
    this.#onDrained?.();
  }

  onClose(): void {
    this.closes += 1;
    this.#onClosed();
  }
}

test("a pair of streams is two ends of one", { skip }, async () => {
  const [near, far] = unixPair().map((fd) => new Reader(new PlainStream(fd)));
  assert(near && far);
  near.stream.write(Buffer.from("hello"));
  near.stream.end();
  await far.ended;
  assert.equal(far.bytes.toString(), "hello");
  far.stream.end();
  await Promise.all([near.closed, far.closed]);
});

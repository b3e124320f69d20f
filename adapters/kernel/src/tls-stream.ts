import { assert } from "@beemesh/base";
import { ByteStream, broken, chunk, chunkAddress, chunkBytes, nothingNow } from "./byte-stream.ts";
import { libc } from "./libc.ts";
import { openSsl } from "./openssl.ts";
import { later } from "./readiness.ts";
import type { TlsContext } from "./tls-context.ts";

/** What `SSL_get_error` gives (ssl.h). */
const wantRead = 2;
const zeroReturn = 6;

/** Bytes that are encrypted at once: the records of so many have room in the outlet. */
const sliceBytes = 96 * 1024;

/** A certificate of a workload has some 500 bytes; of a longer one nobody wants to know more. */
const certificateBytesMax = 64 * 1024;
const pointerBytes = 8;

/** Which end of TLS it is, and what was read of the descriptor already. */
export interface TlsRole {
  readonly isServer: boolean;
  readonly early?: Uint8Array | undefined;
}

/**
 * TLS 1.3 over a descriptor, by the OpenSSL that Node is made of. Who the other end is has to be
 * judged by its certificate, between {@link shakeHands} and {@link read}: until then nothing that
 * it says is told to anybody.
 */
export class TlsStream extends ByteStream {
  readonly #ssl: bigint;
  /** Whether OpenSSL reads what was read already, and not the descriptor yet. */
  #isEarly: boolean;
  #isSecure = false;
  /** Whether after the last reading there was more that OpenSSL has. */
  #hasMore = false;
  #onShaken: ((isSecure: boolean) => void) | undefined;

  /**
   * @param fd - As of {@link ByteStream}.
   * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
   */
  constructor(fd: number, context: TlsContext, { isServer, early }: TlsRole) {
    super(fd);
    const ssl = openSsl();
    this.#ssl = ssl.SSL_new(context.pointer);
    assert(this.#ssl !== 0n, "OpenSSL has memory");
    this.#isEarly = early !== undefined && early.length > 0;
    if (early !== undefined && this.#isEarly) {
      const bio = ssl.BIO_new(ssl.BIO_s_mem());
      ssl.BIO_write(bio, early, early.length);
      ssl.SSL_set0_rbio(this.#ssl, bio);
    } else this.#readDescriptor();
    ssl.BIO_up_ref(ssl.outlet.bio);
    ssl.SSL_set0_wbio(this.#ssl, ssl.outlet.bio);
    if (isServer) ssl.SSL_set_accept_state(this.#ssl);
    else ssl.SSL_set_connect_state(this.#ssl);
  }

  /**
   * Begins. If it comes to nothing, the stream is closed.
   *
   * @param onShaken - Told once, and not before this returns.
   */
  shakeHands(onShaken: (isSecure: boolean) => void): void {
    if (!this.isOpen) {
      later(() => onShaken(false));
      return;
    }
    this.#onShaken = onShaken;
    this.listen();
    later(() => {
      if (this.isOpen && !this.#isSecure) this.onUnsteady();
    });
  }

  /** The certificate that the other end has shown, in DER; undefined if none. */
  get peerCertificate(): Uint8Array | undefined {
    if (!this.isOpen) return undefined;
    const ssl = openSsl();
    const certificate = ssl.SSL_get1_peer_certificate(this.#ssl);
    if (certificate === 0n) return undefined;
    const length = ssl.i2d_X509(certificate, null);
    const isFit = length > 0 && length <= certificateBytesMax;
    const bytes = isFit ? Buffer.alloc(length) : undefined;
    if (bytes !== undefined) {
      const at = Buffer.alloc(pointerBytes);
      at.writeBigUInt64LE(libc().pointerTo(bytes));
      ssl.i2d_X509(certificate, at);
    }
    ssl.X509_free(certificate);
    return bytes;
  }

  protected override get isSteady(): boolean {
    return this.#isSecure;
  }

  protected override onUnsteady(): void {
    const ssl = openSsl();
    for (;;) {
      ssl.ERR_clear_error();
      const result = ssl.SSL_do_handshake(this.#ssl);
      const error = result === 1 ? 0 : ssl.SSL_get_error(this.#ssl, result);
      this.#empty();
      if (result === 1) {
        this.#isSecure = true;
        this.#tell(true);
        return;
      }
      if (error !== wantRead) {
        ssl.ERR_clear_error();
        this.fail();
        return;
      }
      if (!this.#isEarly) return;
      this.#readDescriptor();
    }
  }

  protected override get holds(): boolean {
    return this.isOpen && (this.#isEarly || openSsl().SSL_has_pending(this.#ssl) === 1);
  }

  /** Records have 16 KiB: what came together is told together. */
  protected receive(): number {
    const ssl = openSsl();
    ssl.ERR_clear_error();
    let length = 0;
    this.#hasMore = true;
    while (length < chunkBytes) {
      const into = length === 0 ? chunkAddress() : chunk.subarray(length);
      const result = ssl.SSL_read(this.#ssl, into, chunkBytes - length);
      if (result > 0) {
        length += result;
        // Saves a call to the kernel that would say that there is nothing.
        this.#hasMore = this.#isEarly || ssl.SSL_has_pending(this.#ssl) === 1;
        if (this.#hasMore) continue;
        break;
      }
      const error = ssl.SSL_get_error(this.#ssl, result);
      if (error === wantRead && this.#isEarly) {
        this.#readDescriptor();
        continue;
      }
      if (length === 0)
        length = error === wantRead ? nothingNow : error === zeroReturn ? 0 : broken;
      // Node asks the same queue what went wrong with what it does itself.
      if (error !== wantRead) ssl.ERR_clear_error();
      break;
    }
    // Keys may have been renewed, and the answer to that waits.
    this.#empty();
    return length;
  }

  protected mayHaveMore(): boolean {
    return this.#hasMore && this.isOpen;
  }

  protected transmit(bytes: Uint8Array): void {
    const ssl = openSsl();
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      const isWhole = bytes.length <= sliceBytes;
      const slice = isWhole ? bytes : bytes.subarray(at, at + sliceBytes);
      const isTaken = ssl.SSL_write(this.#ssl, slice, slice.length) === slice.length;
      this.#empty();
      if (!isTaken) {
        ssl.ERR_clear_error();
        this.fail();
      }
      if (!this.isOpen) return;
    }
  }

  protected override finish(): void {
    const ssl = openSsl();
    ssl.SSL_shutdown(this.#ssl);
    ssl.ERR_clear_error();
    this.#empty();
  }

  protected override free(): void {
    openSsl().SSL_free(this.#ssl);
    this.#tell(false);
  }

  /** What OpenSSL wrote goes out, before it writes for another stream. */
  #empty(): void {
    const bytes = openSsl().outlet.take();
    if (bytes !== undefined) this.put(bytes);
  }

  #readDescriptor(): void {
    const ssl = openSsl();
    this.#isEarly = false;
    ssl.SSL_set0_rbio(this.#ssl, ssl.BIO_new_socket(this.fd, 0));
  }

  #tell(isSecure: boolean): void {
    const onShaken = this.#onShaken;
    this.#onShaken = undefined;
    if (onShaken !== undefined) later(() => onShaken(isSecure));
  }
}

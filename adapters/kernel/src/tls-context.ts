import { BeeError } from "@beemesh/base";
import { type OpenSsl, openSsl } from "./openssl.ts";

/** Commands of `SSL_CTX_ctrl`, as ssl.h has them in OpenSSL 3. */
const control = { mode: 33, readAhead: 41, sessionCache: 44, minimum: 123, maximum: 124 } as const;
/** `SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS`. */
const mode = 0x2n | 0x10n;
const tls13 = 0x03_04n;
/** `SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE`. */
const options = (1n << 14n) | (1n << 22n);
/** `SSL_VERIFY_PEER`: a certificate is asked for; whoever has none is told by our own check. */
const verifyPeer = 1;
/** Encrypted bytes that are read at once, for every connection while it is read: four records. */
const readBytes = 66_000n;
/** AES with 128 bits first: it is the fastest where there are instructions for it. */
const ciphers = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\0";
const pointerBytes = 8;

/** Contexts that no stream is made with any more. */
const forgotten = new FinalizationRegistry<bigint>((context) => openSsl().SSL_CTX_free(context));

/** What TLS streams are made with: TLS 1.3, a certificate at both ends, no sessions. */
export class TlsContext {
  /** OpenSSL's, for as long as this is referred to; each stream refers to it on its own. */
  readonly pointer: bigint;

  /**
   * @param key - In DER (PKCS #8). Only OpenSSL's own memory has it after this.
   * @param certificate - One, in PEM.
   * @throws {BeeError} `kernel-refused` if they are none, or none of each other;
   *   `kernel-unsupported`.
   */
  constructor(key: Uint8Array, certificate: string) {
    const ssl = openSsl();
    const context = ssl.SSL_CTX_new(ssl.TLS_method());
    if (context === 0n) throw new BeeError("kernel-refused", "Cannot use TLS: no memory");
    this.pointer = context;
    forgotten.register(this, context);
    ssl.SSL_CTX_ctrl(context, control.minimum, tls13, null);
    ssl.SSL_CTX_ctrl(context, control.maximum, tls13, null);
    ssl.SSL_CTX_ctrl(context, control.mode, mode, null);
    ssl.SSL_CTX_ctrl(context, control.readAhead, 1n, null);
    ssl.SSL_CTX_ctrl(context, control.sessionCache, 0n, null);
    ssl.SSL_CTX_set_options(context, options);
    ssl.SSL_CTX_set_num_tickets(context, 0n);
    ssl.SSL_CTX_set_default_read_buffer_len(context, readBytes);
    ssl.SSL_CTX_set_verify(context, verifyPeer, null);
    ssl.SSL_CTX_set_cert_verify_callback(context, ssl.anybody, null);
    const isGood =
      ssl.SSL_CTX_set_ciphersuites(context, Buffer.from(ciphers)) === 1 &&
      useCertificate(ssl, context, certificate) &&
      useKey(ssl, context, key);
    ssl.ERR_clear_error();
    if (!isGood) {
      throw new BeeError("kernel-refused", "Cannot use TLS: no such key and certificate");
    }
  }
}

function useCertificate(ssl: OpenSsl, context: bigint, pem: string): boolean {
  const bio = ssl.BIO_new(ssl.BIO_s_mem());
  const text = Buffer.from(pem, "latin1");
  ssl.BIO_write(bio, text, text.length);
  const certificate = ssl.PEM_read_bio_X509(bio, null, null, null);
  ssl.BIO_free(bio);
  if (certificate === 0n) return false;
  const isTaken = ssl.SSL_CTX_use_certificate(context, certificate) === 1;
  ssl.X509_free(certificate);
  return isTaken;
}

function useKey(ssl: OpenSsl, context: bigint, der: Uint8Array): boolean {
  const at = Buffer.alloc(pointerBytes);
  at.writeBigUInt64LE(process.getBuiltinModule("node:ffi").getRawPointer(der));
  const key = ssl.d2i_AutoPrivateKey(null, at, BigInt(der.length));
  if (key === 0n) return false;
  const isTaken =
    ssl.SSL_CTX_use_PrivateKey(context, key) === 1 && ssl.SSL_CTX_check_private_key(context) === 1;
  ssl.EVP_PKEY_free(key);
  return isTaken;
}

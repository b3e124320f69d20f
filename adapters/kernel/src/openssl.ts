import type * as ForeignFunctions from "node:ffi";
import { bindNative } from "./libc.ts";

/** Bytes of records that the outlet has room for: six of 16 KiB, and what stands around them. */
const outletBytes = 128 * 1024;
const pointerBytes = 8;

export type OpenSsl = ReturnType<typeof bindOpenSsl>;

let opened: OpenSsl | undefined;

/**
 * The OpenSSL that Node is made of.
 *
 * @throws {BeeError} `kernel-unsupported`, also where this Node was built without, or with another.
 */
export function openSsl(): OpenSsl {
  opened ??= bindNative(bindOpenSsl);
  return opened;
}

const pointer = "pointer";
const i32 = "i32";

function bindOpenSsl(ffi: typeof ForeignFunctions) {
  const { lib, functions } = ffi.dlopen(null, {
    TLS_method: { arguments: [], return: pointer },
    SSL_CTX_new: { arguments: [pointer], return: pointer },
    SSL_CTX_free: { arguments: [pointer], return: "void" },
    SSL_CTX_ctrl: { arguments: [pointer, i32, "i64", pointer], return: "i64" },
    SSL_CTX_set_options: { arguments: [pointer, "u64"], return: "u64" },
    SSL_CTX_set_num_tickets: { arguments: [pointer, "u64"], return: i32 },
    SSL_CTX_set_ciphersuites: { arguments: [pointer, pointer], return: i32 },
    SSL_CTX_set_default_read_buffer_len: { arguments: [pointer, "u64"], return: "void" },
    SSL_CTX_set_verify: { arguments: [pointer, i32, pointer], return: "void" },
    SSL_CTX_set_cert_verify_callback: { arguments: [pointer, pointer, pointer], return: "void" },
    SSL_CTX_use_certificate: { arguments: [pointer, pointer], return: i32 },
    SSL_CTX_use_PrivateKey: { arguments: [pointer, pointer], return: i32 },
    SSL_CTX_check_private_key: { arguments: [pointer], return: i32 },
    PEM_read_bio_X509: { arguments: [pointer, pointer, pointer, pointer], return: pointer },
    d2i_AutoPrivateKey: { arguments: [pointer, pointer, "i64"], return: pointer },
    i2d_X509: { arguments: [pointer, pointer], return: i32 },
    X509_free: { arguments: [pointer], return: "void" },
    EVP_PKEY_free: { arguments: [pointer], return: "void" },
    BIO_new: { arguments: [pointer], return: pointer },
    BIO_s_mem: { arguments: [], return: pointer },
    BIO_new_socket: { arguments: [i32, i32], return: pointer },
    BIO_new_bio_pair: { arguments: [pointer, "u64", pointer, "u64"], return: i32 },
    BIO_nread: { arguments: [pointer, pointer, i32], return: i32 },
    BIO_up_ref: { arguments: [pointer], return: i32 },
    BIO_write: { arguments: [pointer, pointer, i32], return: i32 },
    BIO_free: { arguments: [pointer], return: i32 },
    SSL_new: { arguments: [pointer], return: pointer },
    SSL_free: { arguments: [pointer], return: "void" },
    SSL_set0_rbio: { arguments: [pointer, pointer], return: "void" },
    SSL_set0_wbio: { arguments: [pointer, pointer], return: "void" },
    SSL_set_accept_state: { arguments: [pointer], return: "void" },
    SSL_set_connect_state: { arguments: [pointer], return: "void" },
    SSL_do_handshake: { arguments: [pointer], return: i32 },
    SSL_read: { arguments: [pointer, pointer, i32], return: i32 },
    SSL_write: { arguments: [pointer, pointer, i32], return: i32 },
    SSL_has_pending: { arguments: [pointer], return: i32 },
    SSL_get_error: { arguments: [pointer, i32], return: i32 },
    SSL_shutdown: { arguments: [pointer], return: i32 },
    SSL_get1_peer_certificate: { arguments: [pointer], return: pointer },
    ERR_clear_error: { arguments: [], return: "void" },
  });
  /** Peers are judged when hands have been shaken, by their certificates and not by authorities. */
  const anybody = lib.registerCallback({ arguments: [pointer, pointer], return: i32 }, () => 1);
  return { ...functions, anybody, outlet: outletOf(ffi, functions) };
}

interface OutletCalls {
  readonly BIO_new_bio_pair: (
    near: Uint8Array,
    size: bigint,
    far: Uint8Array,
    rest: bigint,
  ) => number;
  readonly BIO_nread: (bio: bigint, at: Uint8Array, count: number) => number;
}

/**
 * Where OpenSSL writes records, for all connections: each empties it before another one's turn, so
 * that it begins at its beginning each time, and what is in it lies in one piece.
 */
function outletOf(
  ffi: typeof ForeignFunctions,
  calls: OutletCalls,
): { readonly bio: bigint; readonly take: () => Uint8Array | undefined } {
  const near = Buffer.alloc(pointerBytes);
  const far = Buffer.alloc(pointerBytes);
  if (calls.BIO_new_bio_pair(near, BigInt(outletBytes), far, 0n) !== 1) {
    throw new Error("OpenSSL gives no pair");
  }
  const reader = far.readBigUInt64LE();
  const at = Buffer.alloc(pointerBytes);
  let start = 0n;
  let ring: Buffer = Buffer.alloc(0);
  return {
    bio: near.readBigUInt64LE(),
    take: () => {
      const length = calls.BIO_nread(reader, at, outletBytes);
      if (length <= 0) return undefined;
      const from = at.readBigUInt64LE();
      if (from !== start) {
        start = from;
        ring = ffi.toBuffer(from, outletBytes, false);
      }
      return ring.subarray(0, length);
    },
  };
}

import { createPublicKey, type KeyObject, verify } from "node:crypto";

/** What somebody asks to be certified: a name, groups and a key that they hold (RFC 2986). */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly key: KeyObject;
}

/** A request for an RSA key of 8192 bits and a few groups is far shorter. */
const requestLengthMax = 16 * 1024;

/** Values inside each other; a request has seven. */
const depthMax = 16;

const commonNameId = "550403";
const organizationId = "55040a";

/** Digests by the identifier of the algorithm, in hexadecimal; Ed25519 has one of its own. */
const digests: Readonly<Record<string, string | null>> = {
  "2a8648ce3d040302": "sha256",
  "2a8648ce3d040303": "sha384",
  "2a8648ce3d040304": "sha512",
  "2a864886f70d01010b": "sha256",
  "2a864886f70d01010c": "sha384",
  "2a864886f70d01010d": "sha512",
  "2b6570": null,
};

const blockPattern =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END/u;

/**
 * Reads a certificate request in PEM.
 *
 * @returns Why it is no good, in words for whoever asked, if it is not: it must be signed by the
 *   key that it names.
 */
export function readCertificateRequest(pem: string): CertificateRequest | string {
  if (pem.length > requestLengthMax) return "the request is too long";
  const [, block] = blockPattern.exec(pem) ?? [];
  if (block === undefined) return "the request is no PEM of a CERTIFICATE REQUEST";
  try {
    return requestOf(readAll(Buffer.from(block, "base64"), 0)[0]);
  } catch {
    // Neither OpenSSL nor the reader says more than that it is broken.
    return "the request is malformed";
  }
}

/** A value of DER. */
interface Value {
  readonly tag: number;
  /** With tag and length. */
  readonly whole: Buffer;
  readonly content: Buffer;
  readonly parts: readonly Value[];
}

function requestOf(request: Value | undefined): CertificateRequest | string {
  const [info, algorithm, signature] = request?.parts ?? [];
  if (!info || !algorithm || !signature) return "the request is malformed";
  const [, subject, spki] = info.parts;
  if (!subject || !spki) return "the request is malformed";
  const key = createPublicKey({ key: spki.whole, format: "der", type: "spki" });
  const digest = digests[firstPartOf(algorithm)];
  if (digest === undefined) return "the request is signed by an unknown algorithm";
  // The first byte of a bit string says how many bits at its end do not count.
  if (!verify(digest, info.whole, key, signature.content.subarray(1))) {
    return "the request is not signed by its key";
  }
  const [commonName = ""] = namesIn(subject, commonNameId);
  if (commonName === "") return "the request names nobody";
  return { commonName, organizations: namesIn(subject, organizationId), key };
}

function firstPartOf({ parts: [first] }: Value): string {
  return first === undefined ? "" : first.content.toString("hex");
}

/** The texts under an attribute of a subject. */
function namesIn(subject: Value, id: string): readonly string[] {
  return subject.parts
    .flatMap(({ parts }) => parts)
    .filter((attribute) => firstPartOf(attribute) === id)
    .map(({ parts: [, text] }) => (text === undefined ? "" : text.content.toString("utf8")));
}

/** Reads values that follow each other; those in values that hold some too. */
function readAll(bytes: Buffer, depth: number): readonly Value[] {
  const values: Value[] = [];
  if (depth > depthMax) throw new RangeError("too deep");
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    const sizeBytes = short < 0x80 ? 0 : short & 0x7f;
    if (sizeBytes > 3) throw new RangeError("too long");
    const length = sizeBytes === 0 ? short : bytes.readUIntBE(at + 2, sizeBytes);
    const start = at + 2 + sizeBytes;
    if (start + length > bytes.length) throw new RangeError("cut short");
    const content = bytes.subarray(start, start + length);
    const parts = (tag & 0x20) === 0 ? [] : readAll(content, depth + 1);
    values.push({ tag, whole: bytes.subarray(at, start + length), content, parts });
    at = start + length;
  }
  return values;
}

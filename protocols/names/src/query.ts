import { headerBytes, readName, textOfName, type WireName } from "./wire-name.ts";

/** Response codes. Source: RFC 1035, section 4.1.1; RFC 6891, section 9. */
export const responseCodes = {
  none: 0,
  format: 1,
  failed: 2,
  absent: 3,
  unimplemented: 4,
  refused: 5,
  version: 16,
} as const;

/** A question to a name server, as it came. */
export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** The question as it was sent, to be said back byte by byte; empty if it cannot be read. */
  readonly question: Uint8Array;
  /** Lower case, without the last dot, empty for the root; undefined if it is no name of ours. */
  readonly name: string | undefined;
  readonly type: number;
  readonly class: number;
  /** Whether it has an OPT record, and so must the answer (RFC 6891, section 6.1.1). */
  readonly hasOptions: boolean;
  /** Bytes of a datagram that the asker takes, from 512 to {@link payloadBytesMax}. */
  readonly payloadMax: number;
  /** 0, or the code that the query itself must be answered with. */
  readonly code: number;
}

/** Bytes of a query: a name and some options. Longer ones are no queries that resolvers send. */
export const queryBytesMax = 4096;

/** Datagrams beyond this may be cut on their way (https://www.dnsflagday.net/2020/). */
export const payloadBytesMax = 1232;

/** Every asker takes this many (RFC 1035, section 2.3.4). */
export const payloadBytesMin = 512;

/** Records behind the question: one OPT, and perhaps a signature. */
const additionalMax = 4;

const optionsType = 41;

const recordTypes: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  64: "SVCB",
  65: "HTTPS",
  255: "ANY",
};

/** A type of records by its name, such as `AAAA`; `TYPE99` of others (RFC 3597, section 5). */
export function typeName(type: number): string {
  return recordTypes[type] ?? `TYPE${type}`;
}

/**
 * Reads a message of DNS from outside as a query.
 *
 * @returns undefined for what must not be answered at all: too short for a header, too long, or
 *   itself an answer (else two servers could answer each other for ever).
 */
export function readQuery(bytes: Uint8Array): Query | undefined {
  if (bytes.length < headerBytes || bytes.length > queryBytesMax) return undefined;
  const flags = uint16(bytes, 2);
  if ((flags & 0x80_00) !== 0) return undefined;
  const header = {
    id: uint16(bytes, 0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x01_00) !== 0,
    checkingDisabled: (flags & 0x00_10) !== 0,
  };
  if (header.opcode !== 0) return { ...header, ...unread, code: responseCodes.unimplemented };
  const question = readQuestion(bytes);
  if (question === undefined) return { ...header, ...unread, code: responseCodes.format };
  const options = readOptions(bytes, question.next);
  const isRead = options !== undefined && question.type !== optionsType;
  const { next: _, ...asked } = question;
  const code = isRead ? options.code : responseCodes.format;
  return { ...header, ...asked, ...(options ?? noOptions), code };
}

const noOptions = { hasOptions: false, payloadMax: payloadBytesMin, code: 0 };

const unread = {
  question: new Uint8Array(),
  name: undefined,
  type: 0,
  class: 0,
  ...noOptions,
};

type Question = Pick<Query, "question" | "name" | "type" | "class"> & { readonly next: number };

/** Exactly one question, and nothing that only answers have. */
function readQuestion(bytes: Uint8Array): Question | undefined {
  if (uint16(bytes, 4) !== 1 || uint16(bytes, 6) !== 0 || uint16(bytes, 8) !== 0) return undefined;
  const name: WireName | undefined = readName(bytes, headerBytes);
  if (name === undefined || name.next + 4 > bytes.length) return undefined;
  const next = name.next + 4;
  return {
    question: bytes.slice(headerBytes, next),
    name: textOfName(name),
    type: uint16(bytes, name.next),
    class: uint16(bytes, name.next + 2),
    next,
  };
}

/** The records behind the question, of which only OPT matters; undefined if they are malformed. */
function readOptions(bytes: Uint8Array, start: number): typeof noOptions | undefined {
  const count = uint16(bytes, 10);
  if (count > additionalMax) return undefined;
  let found = noOptions;
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const name = readName(bytes, at);
    if (name === undefined || name.next + 10 > bytes.length) return undefined;
    if (uint16(bytes, name.next) === optionsType) {
      if (found.hasOptions || name.labels.length > 0) return undefined;
      const asked = uint16(bytes, name.next + 2);
      const payloadMax = Math.min(Math.max(asked, payloadBytesMin), payloadBytesMax);
      const code = bytes[name.next + 5] === 0 ? responseCodes.none : responseCodes.version;
      found = { hasOptions: true, payloadMax, code };
    }
    at = name.next + 10 + uint16(bytes, name.next + 8);
  }
  return at === bytes.length ? found : undefined;
}

function uint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0);
}

import { addressText } from "@beemesh/wire";
import type { NameRecord } from "@beemesh/workload";
import { headerBytes, readName } from "./wire-name.ts";

/** An answer as a resolver reads it. */
export interface Reply {
  readonly id: number;
  readonly code: number;
  readonly isTruncated: boolean;
  readonly isAuthoritative: boolean;
  readonly answers: readonly NameRecord[];
  readonly additional: readonly NameRecord[];
  readonly ttls: readonly number[];
  /** What OPT says that the server takes; undefined without one. */
  readonly payloadMax: number | undefined;
}

/** Records of one reply that are read: more do not fit into a message. */
const recordsMax = 6000;

const optionsType = 41;

/** Reads an answer of the types that we give; undefined if it is malformed. */
export function readReply(bytes: Uint8Array): Reply | undefined {
  const header = readHeader(bytes);
  if (header === undefined) return undefined;
  const { id, flags, start, answerCount, additionalCount } = header;
  const records = readRecords(bytes, start, answerCount + additionalCount);
  if (records === undefined) return undefined;
  const known = (part: readonly Read[]): NameRecord[] => part.flatMap(({ record }) => record ?? []);
  const option = records.find(({ type }) => type === optionsType);
  return {
    id,
    code: (flags & 15) + Math.floor((option?.ttl ?? 0) / 2 ** 24) * 16,
    isTruncated: (flags & 0x02_00) !== 0,
    isAuthoritative: (flags & 0x04_00) !== 0,
    answers: known(records.slice(0, answerCount)),
    additional: known(records.slice(answerCount)),
    ttls: records.filter(({ type }) => type !== optionsType).map(({ ttl }) => ttl),
    payloadMax: option?.class,
  };
}

interface Header {
  readonly id: number;
  readonly flags: number;
  readonly answerCount: number;
  readonly additionalCount: number;
  /** Where the records begin. */
  readonly start: number;
}

function readHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = viewOf(bytes);
  const [id, flags] = [view.getUint16(0), view.getUint16(2)];
  const [questions, authorities] = [view.getUint16(4), view.getUint16(8)];
  const [answerCount, additionalCount] = [view.getUint16(6), view.getUint16(10)];
  if ((flags & 0x80_00) === 0 || authorities > 0 || questions > 1) return undefined;
  if (answerCount + additionalCount > recordsMax) return undefined;
  if (questions === 0) return { id, flags, answerCount, additionalCount, start: headerBytes };
  const question = readName(bytes, headerBytes);
  if (question === undefined) return undefined;
  return { id, flags, answerCount, additionalCount, start: question.next + 4 };
}

interface Read {
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly record: NameRecord | undefined;
}

function readRecords(bytes: Uint8Array, start: number, count: number): readonly Read[] | undefined {
  const view = viewOf(bytes);
  const records: Read[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const name = readName(bytes, at);
    if (name === undefined || name.next + 10 > bytes.length) return undefined;
    const [type, ttl] = [view.getUint16(name.next), view.getUint32(name.next + 4)];
    const data = name.next + 10;
    const end = data + view.getUint16(name.next + 8);
    if (end > bytes.length) return undefined;
    const place = { name: name.labels.join("."), data, end };
    const record = dataReaders[type]?.(bytes, place);
    if (record === undefined && type !== optionsType) return undefined;
    records.push({ type, class: view.getUint16(name.next + 2), ttl, record });
    at = end;
  }
  return at === bytes.length ? records : undefined;
}

interface Place {
  readonly name: string;
  readonly data: number;
  readonly end: number;
}

const dataReaders: Readonly<
  Record<number, (bytes: Uint8Array, place: Place) => NameRecord | undefined>
> = {
  1: (bytes, { name, data, end }) => {
    const address = addressText(bytes.subarray(data, end));
    return end - data === 4 ? { type: "A", name, address } : undefined;
  },
  28: (bytes, { name, data, end }) => {
    if (end - data !== 16) return undefined;
    return { type: "AAAA", name, address: addressText(bytes.subarray(data, end)) };
  },
  5: (bytes, { name, data, end }) => {
    const target = targetAt(bytes, data, end);
    return target === undefined ? undefined : { type: "CNAME", name, target };
  },
  33: (bytes, { name, data, end }) => {
    const target = end - data > 6 ? targetAt(bytes, data + 6, end) : undefined;
    if (target === undefined) return undefined;
    const view = viewOf(bytes);
    const [priority, weight] = [view.getUint16(data), view.getUint16(data + 2)];
    return { type: "SRV", name, target, port: view.getUint16(data + 4), priority, weight };
  },
};

function targetAt(bytes: Uint8Array, at: number, end: number): string | undefined {
  const target = readName(bytes, at);
  return target?.next === end ? target.labels.join(".") : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

import { addressBytes } from "@beemesh/wire";
import type { NameRecord } from "@beemesh/workload";
import { MessageWriter } from "./message-writer.ts";
import { payloadBytesMax, payloadBytesMin, type Query, responseCodes, typeName } from "./query.ts";
import { headerBytes } from "./wire-name.ts";

/** What is said to a query. */
export interface Answer {
  /** `found` without a record of the wanted type: the name exists, and has none. */
  readonly status: "found" | "absent" | "refused" | "failed";
  /** How long the answer may be believed, in seconds, 0 to 2^31 - 1 (RFC 2181, section 8). */
  readonly ttlSeconds: number;
  readonly records: readonly NameRecord[];
}

/** How an answer is written. */
export interface AnswerForm {
  /** Bytes of the message, from 512 to 65,535. */
  readonly sizeMax: number;
  /** Which of several addresses comes first: any whole number. */
  readonly rotation?: number;
}

const internet = 1;
const typeNumbers = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 } as const;
const optionsType = 41;

/** Bytes of an OPT record without options. */
const optionsBytes = 11;

/** Bytes of one record: two names, and numbers. */
const recordBytesMax = 1024;

/** Bytes of a message over TCP: its length stands in two bytes. */
export const messageBytesMax = 65_535;

/**
 * Writes the answer to a query (RFC 1035, section 4.1). Records of the wanted type, and the
 * aliases that lead to them, are the answer; others stand beside it as additional. What does not
 * fit is left out by whole records, and `TC` says so if the answer itself lacks some.
 */
export function answerBytes(query: Query, answer: Answer, form: AnswerForm): Uint8Array {
  const sizeMax = Math.min(Math.max(form.sizeMax, payloadBytesMin), messageBytesMax);
  const writer = new MessageWriter(sizeMax - (query.hasOptions ? optionsBytes : 0));
  writer.bytes(new Uint8Array(headerBytes));
  writer.bytes(query.question);
  if (query.name !== undefined) writer.noteName(query.name, headerBytes);
  const code = query.code === 0 ? codes[answer.status] : query.code;
  const records = code === 0 ? answer.records : [];
  const wanted = typeName(query.type);
  const isAnswer = ({ type }: NameRecord): boolean =>
    type === wanted || type === "CNAME" || wanted === "ANY";
  const own = rotated(records.filter(isAnswer), form.rotation ?? 0);
  const beside = records.filter((record) => !isAnswer(record));
  const first = writeRecords(writer, own, answer.ttlSeconds);
  const more = first.isWhole ? writeRecords(writer, beside, answer.ttlSeconds).count : 0;
  const counts = [query.question.length === 0 ? 0 : 1, first.count, 0, more + options(query)];
  writer.patch(0, query.id);
  writer.patch(2, flagsOf(query, code, !first.isWhole));
  for (const [index, count] of counts.entries()) writer.patch(4 + index * 2, count);
  const written = writer.finish();
  return query.hasOptions ? withOptions(written, code) : written;
}

const codes = {
  found: responseCodes.none,
  absent: responseCodes.absent,
  refused: responseCodes.refused,
  failed: responseCodes.failed,
} as const;

/** QR and RA always, AA as the one who knows the mesh's names, the rest as it was asked. */
function flagsOf(query: Query, code: number, isTruncated: boolean): number {
  return (
    0x80_80 +
    (query.opcode << 11) +
    (code === responseCodes.none || code === responseCodes.absent ? 0x04_00 : 0) +
    (isTruncated ? 0x02_00 : 0) +
    (query.recursionDesired ? 0x01_00 : 0) +
    (query.checkingDisabled ? 0x00_10 : 0) +
    (code & 15)
  );
}

function options({ hasOptions }: Query): number {
  return hasOptions ? 1 : 0;
}

/** OPT: how long our datagrams may be, and the high bits of the code (RFC 6891, section 6.1). */
function withOptions(written: Uint8Array, code: number): Uint8Array {
  const writer = new MessageWriter(written.length + optionsBytes);
  writer.bytes(written);
  writer.number(0, 1);
  writer.number(optionsType, 2);
  writer.number(payloadBytesMax, 2);
  writer.number(code >> 4, 1);
  writer.number(0, 1);
  writer.number(0, 4);
  return writer.finish();
}

/** The same records, addresses of them turned round; aliases stay before what they lead to. */
function rotated(records: readonly NameRecord[], rotation: number): readonly NameRecord[] {
  const isAddress = ({ type }: NameRecord): boolean => type === "A" || type === "AAAA";
  const addresses = records.filter(isAddress);
  if (addresses.length < 2) return records;
  const turn = ((rotation % addresses.length) + addresses.length) % addresses.length;
  const others = records.filter((record) => !isAddress(record));
  return [...others, ...addresses.slice(turn), ...addresses.slice(0, turn)];
}

function writeRecords(
  writer: MessageWriter,
  records: readonly NameRecord[],
  ttlSeconds: number,
): { readonly count: number; readonly isWhole: boolean } {
  let count = 0;
  for (const record of records) {
    if (writer.attempt(() => writeRecord(writer, record, ttlSeconds))) count += 1;
    else if (isWritable(record)) return { count, isWhole: false };
  }
  return { count, isWhole: true };
}

/** A record that is malformed is left out; it is not for lack of room. */
function isWritable(record: NameRecord): boolean {
  const probe = new MessageWriter(recordBytesMax);
  return probe.attempt(() => writeRecord(probe, record, 0));
}

function writeRecord(writer: MessageWriter, record: NameRecord, ttlSeconds: number): boolean {
  if (!writer.name(record.name)) return false;
  writer.number(typeNumbers[record.type], 2);
  writer.number(internet, 2);
  writer.number(ttlSeconds, 4);
  const start = writer.length;
  writer.number(0, 2);
  if (!writeData(writer, record)) return false;
  writer.patch(start, writer.length - start - 2);
  return true;
}

function writeData(writer: MessageWriter, record: NameRecord): boolean {
  if (record.type === "CNAME") return writer.name(record.target);
  if (record.type === "SRV") {
    writer.number(record.priority, 2);
    writer.number(record.weight, 2);
    writer.number(record.port, 2);
    // RFC 2782: the target is not compressed.
    return writer.name(record.target, false);
  }
  const address = addressBytes(record.address);
  if (address?.length !== (record.type === "A" ? 4 : 16)) return false;
  writer.bytes(address);
  return true;
}

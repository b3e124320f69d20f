import { constants, inflateRawSync } from "node:zlib";
import { spdyDictionary, spdyDictionaryId } from "./spdy-dictionary.ts";

/** Names, in lower case, with values. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** kubectl sends three headers of some 60 bytes; a bomb is larger than this. */
const headerBytesMax = 64 * 1024;
const headersMax = 100;

/** Deflate looks back at most this far. */
const windowBytes = 32 * 1024;

/** An empty stored block: Go's inflater holds back what it has until it reads one. */
const syncFlush = Buffer.from([0, 0, 0, 0xff, 0xff]);

/**
 * Reads the header blocks of one direction of a connection, which are pieces of one zlib stream.
 *
 * Every block ends with a sync flush, at a byte boundary, so all that the next block needs of the
 * earlier ones is the last 32 KiB of their text. That is kept, and each block is inflated for
 * itself, with a limit.
 *
 * Source: SPDY Protocol, draft 3.1, section 2.6.10.
 */
export class SpdyHeaderReader {
  #window: Buffer = spdyDictionary;
  #started = false;

  /** @returns Undefined if the block is malformed or over a limit; nothing can be read after. */
  read(block: Buffer): SpdyHeaders | undefined {
    const deflated = this.#started ? block : withoutZlibHeader(block);
    this.#started = true;
    const text = deflated && inflate(deflated, this.#window);
    if (text === undefined) return undefined;
    const history = Buffer.concat([this.#window, text]);
    this.#window = history.subarray(Math.max(0, history.length - windowBytes));
    return parseHeaders(text);
  }
}

/** Writes header blocks of one direction. They are stored, not compressed: they are tiny. */
export class SpdyHeaderWriter {
  #started = false;

  write(headers: SpdyHeaders): Buffer {
    const fields = [...headers].flatMap(([name, value]) => [sized(name), sized(value)]);
    const text = Buffer.concat([uint32(headers.size), ...fields]);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(text.length, 1);
    stored.writeUInt16LE(text.length ^ 0xffff, 3);
    const start = this.#started ? [] : [Buffer.from([0x78, 0xbb]), uint32(spdyDictionaryId)];
    this.#started = true;
    return Buffer.concat([...start, stored, text, syncFlush]);
  }
}

/** Checks and removes the six bytes that start a zlib stream with a preset dictionary. */
function withoutZlibHeader(block: Buffer): Buffer | undefined {
  if (block.length < 6) return undefined;
  const head = block.readUInt16BE(0);
  const isDeflate = ((head >> 8) & 0x0f) === 8 && head % 31 === 0;
  const presetsDictionary = (head & 0x20) !== 0 && block.readUInt32BE(2) === spdyDictionaryId;
  return isDeflate && presetsDictionary ? block.subarray(6) : undefined;
}

function inflate(deflated: Buffer, dictionary: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(deflated, {
      dictionary,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: headerBytesMax,
    });
  } catch {
    return undefined;
  }
}

function parseHeaders(text: Buffer): SpdyHeaders | undefined {
  if (text.length < 4) return undefined;
  const count = text.readUInt32BE(0);
  if (count > headersMax) return undefined;
  const headers = new Map<string, string>();
  let at = 4;
  const field = (): string | undefined => {
    if (at + 4 > text.length) return undefined;
    const end = at + 4 + text.readUInt32BE(at);
    if (end > text.length) return undefined;
    const value = text.toString("utf8", at + 4, end);
    at = end;
    return value;
  };
  for (let index = 0; index < count; index += 1) {
    const name = field()?.toLowerCase();
    const value = field();
    if (!name || value === undefined || headers.has(name)) return undefined;
    headers.set(name, value);
  }
  return at === text.length ? headers : undefined;
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

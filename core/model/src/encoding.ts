/** Text and bytes as base64 (RFC 4648) and UTF-8, for code that has no host API. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes as base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(index, index + 3);
    const group = (first << 16) | (second << 8) | third;
    const digits = [18, 12, 6, 0].map((shift) => alphabet[(group >> shift) & 63]).join("");
    const have = Math.min(3, bytes.length - index);
    text += digits.slice(0, have + 1) + "=".repeat(3 - have);
  }
  return text;
}

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function utf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point));
    else if (point < 0x1_0000) bytes.push(0xe0 | (point >> 12), tail(point >> 6), tail(point));
    else bytes.push(0xf0 | (point >> 18), tail(point >> 12), tail(point >> 6), tail(point));
  }
  return Uint8Array.from(bytes);
}

/** Bytes as text; what is no UTF-8 becomes U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let index = 0;
  while (index < bytes.length) {
    const first = bytes[index] ?? 0;
    const length = lengthOf(first);
    const point = length === 1 ? first : pointOf(bytes.subarray(index, index + length), length);
    pieces.push(point === undefined ? "\ufffd" : String.fromCodePoint(point));
    index += point === undefined ? 1 : length;
  }
  return pieces.join("");
}

/** Bytes of the character that starts so; 0 if none does. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

const pointMins = [0, 0, 0x80, 0x800, 0x1_0000];

function pointOf(bytes: Uint8Array, length: number): number | undefined {
  if (length === 0 || bytes.length < length) return undefined;
  let point = (bytes[0] ?? 0) & (0x7f >> length);
  for (const byte of bytes.subarray(1)) {
    if ((byte & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (byte & 0x3f);
  }
  const isSurrogate = point >= 0xd800 && point < 0xe000;
  return isSurrogate || point > 0x10_ffff || point < (pointMins[length] ?? 0) ? undefined : point;
}

function tail(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

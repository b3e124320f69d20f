/** What a byte may be part of, as bits of one table. */
export const byteClass = { token: 1, value: 2, target: 4 } as const;

const tokenMarks = "!#$%&'*+-.^_`|~";

/** One entry a byte; 256 bytes are all the tables that this package has. */
const classes = new Uint8Array(256).map((_, byte) => {
  const letter = byte | 0x20;
  const isAlphanumeric = (byte >= 48 && byte <= 57) || (letter >= 97 && letter <= 122);
  const isToken = isAlphanumeric || tokenMarks.includes(String.fromCharCode(byte));
  const isValue = byte === 9 || (byte >= 32 && byte !== 127);
  const isTarget = byte > 32 && byte !== 127;
  return (isToken ? 1 : 0) | (isValue ? 2 : 0) | (isTarget ? 4 : 0);
});

/**
 * The index of the first byte from `start` that is not of a class, or `end`.
 *
 * Source: RFC 9110, section 5.6.2 (`token`) and 5.5 (`field-value`). A target may hold bytes over
 * 127, which RFC 3986 forbids and browsers of old send: no framing rests on them.
 */
export function skipClass(
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: keyof typeof byteClass,
): number {
  const bit = byteClass[kind];
  let at = start;
  while (at < end && ((classes[bytes[at] ?? 0] ?? 0) & bit) !== 0) at += 1;
  return at;
}

/** Whether one byte is of a class. */
export function isOfClass(byte: number, kind: keyof typeof byteClass): boolean {
  return ((classes[byte] ?? 0) & byteClass[kind]) !== 0;
}

/** A range of bytes as text, one character a byte (ISO 8859-1): for short things only. */
export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = "";
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}

/** Text as bytes, the other way; characters over 255 become `?`. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    bytes[at] = code < 256 ? code : 63;
  }
  return bytes;
}

/** Several ranges as one. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Writes the few forms of DER (ITU-T X.690) that an X.509 certificate is made of. It only
 * writes; certificates from outside are read by OpenSSL.
 */

/** A value with its tag and length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(content.length), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return der(0x31, ...parts);
}

/** A number that is not negative, from its big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  const needsZero = ((digits[0] ?? 0) & 0x80) !== 0;
  return der(0x02, needsZero ? Uint8Array.of(0) : new Uint8Array(), digits);
}

export function truth(): Uint8Array {
  return Uint8Array.of(0x01, 0x01, 0xff);
}

/** A bit string whose last `unused` bits do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return der(0x03, Uint8Array.of(unused), bytes);
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return der(0x04, bytes);
}

export function utf8(text: string): Uint8Array {
  return der(0x0c, Buffer.from(text));
}

/** An object identifier in dotted form. */
export function objectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** An instant, as RFC 5280 section 4.1.2.5 wants it: two digits of the year until 2049. */
export function time(instantMs: number): Uint8Array {
  const digits = new Date(instantMs).toISOString().replaceAll(/[-:T]|\.\d+/gu, "");
  const isShort = digits < "2050";
  return der(isShort ? 0x17 : 0x18, Buffer.from(isShort ? digits.slice(2) : digits));
}

/** The value under a tag of its context; `constructed` if it holds further values. */
export function context(tag: number, constructed: boolean, ...parts: Uint8Array[]): Uint8Array {
  return der((constructed ? 0xa0 : 0x80) | tag, ...parts);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The base64 (RFC 4648, padded) of a text's UTF-8. */
export function base64OfText(text: string): string {
  const bytes = utf8Of(text);
  let encoded = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const [first = 0, second, third] = bytes.slice(index, index + 3);
    const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    encoded += digitOf(bits >> 18) + digitOf(bits >> 12);
    encoded += second === undefined ? "=" : digitOf(bits >> 6);
    encoded += third === undefined ? "=" : digitOf(bits);
  }
  return encoded;
}

/** The text whose UTF-8 the base64 holds; undefined if it is no base64, or not of text. */
export function textOfBase64(encoded: string): string | undefined {
  const clean = encoded.replaceAll(/[\s=]/gu, "");
  let escaped = "";
  let bits = 0;
  let bitCount = 0;
  for (const digit of clean) {
    const value = digits.indexOf(digit);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    escaped += `%${((bits >> bitCount) & 0xff).toString(16).padStart(2, "0")}`;
  }
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
}

function digitOf(bits: number): string {
  return digits[bits & 63] ?? "";
}

/** By way of percent-encoding, which the language has, as it has no encoder of UTF-8. */
function utf8Of(text: string): number[] {
  const bytes: number[] = [];
  const escaped = encodeURIComponent(text.toWellFormed());
  for (let index = 0; index < escaped.length; index += 1) {
    if (escaped[index] === "%") {
      bytes.push(Number.parseInt(escaped.slice(index + 1, index + 3), 16));
      index += 2;
    } else bytes.push(escaped.charCodeAt(index));
  }
  return bytes;
}

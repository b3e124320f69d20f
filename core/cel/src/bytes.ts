/** Bytes as text and back, for code that has no host API. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

/** Whether a text is base64 with padding. */
export function isBase64(text: string): boolean {
  return base64Pattern.test(text);
}

/** The bytes that base64 says; undefined for other text. */
export function base64Bytes(text: string): Uint8Array | undefined {
  if (!isBase64(text)) return undefined;
  const digits = text.replaceAll("=", "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let [bits, count, at] = [0, 0, 0];
  for (const digit of digits) {
    bits = ((bits << 6) | alphabet.indexOf(digit)) & 0xff_ffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at] = (bits >> count) & 255;
    at += 1;
  }
  return bytes;
}

/** Bytes in hexadecimal digits. */
export function hexText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Text as UTF-8. */
export function utf8Bytes(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.toWellFormed());
  const bytes = [...escaped.matchAll(/%(..)|(.)/gsu)].map(([, hex, plain]) =>
    hex === undefined ? (plain?.charCodeAt(0) ?? 0) : Number.parseInt(hex, 16),
  );
  return Uint8Array.from(bytes);
}

/** The text that UTF-8 says; undefined for other bytes. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return decodeURIComponent(hexText(bytes).replaceAll(/../gu, "%$&"));
  } catch {
    return undefined;
  }
}

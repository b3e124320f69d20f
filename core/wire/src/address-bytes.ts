/**
 * The bytes of an address in text: 4 of IPv4, 16 of IPv6, as A and AAAA records carry them.
 *
 * @returns undefined if the text is no address.
 */
export function addressBytes(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const bytes = text.includes(":") ? sixOf(text) : fourOf(text);
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
}

/** The text of an address of 4 or 16 bytes; IPv6 as RFC 5952 writes it. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const runs = [...groups.join(":").matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/gu)];
  const longest = runs.reduce((best, [run]) => (run.length > best.length ? run : best), "");
  const text = groups.join(":");
  if (longest === "") return text;
  const at = runs.find(([run]) => run === longest)?.index ?? 0;
  const head = text.slice(0, at).replace(/:$/u, "");
  return `${head}::${text.slice(at + longest.length).replace(/^:/u, "")}`;
}

const bytePattern = /^(?:0|[1-9]\d{0,2})$/u;
const groupPattern = /^[0-9a-fA-F]{1,4}$/u;

function fourOf(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  const isFour = parts.length === 4 && parts.every((part) => bytePattern.test(part));
  const bytes = parts.map(Number);
  return isFour && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function sixOf(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  const [head, tail] = halves.map(groupsOf);
  if (halves.length > 2 || head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...Array.from({ length: 16 - head.length - tail.length }, () => 0), ...tail];
}

/** The bytes of groups between colons; the last may be written as IPv4. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const bytes: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const four = isLast && part.includes(".") ? fourOf(part) : undefined;
    if (four === undefined && !groupPattern.test(part)) return undefined;
    const group = Number.parseInt(part, 16);
    bytes.push(...(four ?? [group >> 8, group & 255]));
  }
  return bytes;
}

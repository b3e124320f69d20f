/** A name as it stands in a message of DNS. */
export interface WireName {
  /** Each label by its bytes, one character a byte, in the case that was sent. */
  readonly labels: readonly string[];
  /** Where the message goes on behind the name. */
  readonly next: number;
}

/** Bytes of one label (RFC 1035, section 2.3.4). */
export const labelBytesMax = 63;

/** Bytes of a name with the lengths of its labels and the root (RFC 1035, section 2.3.4). */
export const nameBytesMax = 255;

/** Bytes before the first name of a message: its header. */
export const headerBytes = 12;

const pointerMark = 0xc0;

/**
 * Reads the name at an offset. A pointer of compression must lead to before the labels that it
 * continues, as RFC 1035 (section 4.1.4) means it, so that no name leads round in a circle.
 *
 * @returns undefined if there is no name, or one that is too long.
 */
export function readName(bytes: Uint8Array, offset: number): WireName | undefined {
  const labels: string[] = [];
  let at = offset;
  let runStart = offset;
  let next: number | undefined;
  let length = 1;
  for (;;) {
    const size = bytes[at];
    if (size === 0) return { labels, next: next ?? at + 1 };
    if (size === undefined) return undefined;
    if (size >= pointerMark) {
      const target = pointerAt(bytes, at);
      if (target >= runStart) return undefined;
      next ??= at + 2;
      at = target;
      runStart = target;
    } else {
      const label = labelAt(bytes, at);
      length += size + 1;
      if (label === undefined || length > nameBytesMax) return undefined;
      labels.push(label);
      at += 1 + size;
    }
  }
}

/** Where a pointer leads to; Infinity if it leads nowhere. */
function pointerAt(bytes: Uint8Array, at: number): number {
  const [high = 0, low] = bytes.subarray(at, at + 2);
  const target = (high - pointerMark) * 256 + (low ?? Infinity);
  return target < headerBytes ? Infinity : target;
}

function labelAt(bytes: Uint8Array, at: number): string | undefined {
  const size = bytes[at] ?? 0;
  const end = at + 1 + size;
  if (size > labelBytesMax || end > bytes.length) return undefined;
  return String.fromCharCode(...bytes.subarray(at + 1, end));
}

const labelPattern = /^[A-Za-z0-9_*-]+$/u;

/**
 * The name in lower case with dots between its labels, empty for the root; undefined if it has
 * bytes that no name of ours has, so that it cannot be taken for another one.
 */
export function textOfName({ labels }: WireName): string | undefined {
  if (!labels.every((label) => labelPattern.test(label))) return undefined;
  return labels.join(".").toLowerCase();
}

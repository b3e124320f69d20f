import { bytesOf, joinBytes, textOf } from "./ascii.ts";
import type { HttpHead } from "./http-head.ts";

const name = "traceparent";

/**
 * The head with another `traceparent`, and nothing else changed: in the place of the first that
 * it has, or as its last field. Further ones are taken out, for a request has one.
 */
export function withTraceparent({ bytes, fields }: HttpHead, traceparent: string): Uint8Array {
  const pieces: Uint8Array[] = [];
  let from = 0;
  let isWritten = false;
  for (let at = 0; at < fields.length; at += 4) {
    const start = fields[at] ?? 0;
    const end = fields[at + 1] ?? 0;
    if (end - start !== name.length || textOf(bytes, start, end).toLowerCase() !== name) continue;
    pieces.push(bytes.subarray(from, start));
    if (!isWritten) pieces.push(bytesOf(`${name}: ${traceparent}\r\n`));
    isWritten = true;
    from = fields[at + 4] ?? bytes.length - 2;
  }
  if (!isWritten) {
    pieces.push(bytes.subarray(0, -2), bytesOf(`${name}: ${traceparent}\r\n`));
    from = bytes.length - 2;
  }
  return joinBytes([...pieces, bytes.subarray(from)]);
}

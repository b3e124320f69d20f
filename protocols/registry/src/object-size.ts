import { BeeError } from "@beemesh/base";
import { bytesOf } from "./held.ts";
import { bodyLengthMax, entryBytesMax } from "./limits.ts";

/** Whether a body is not too large for an entry. */
export function bodyFits(body: string): boolean {
  return body.length <= bodyLengthMax && bytesOf(body) <= entryBytesMax;
}

/**
 * Makes sure that the body of an object can be kept.
 *
 * @throws {BeeError} `object-too-large`
 */
export function checkSize(body: string, name: string): void {
  if (bodyFits(body)) return;
  throw new BeeError("object-too-large", `Cannot keep object ${name}: it is too large`, {
    facts: { name, length: body.length },
  });
}

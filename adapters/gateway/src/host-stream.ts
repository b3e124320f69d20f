import { Duplex, Readable, Writable } from "node:stream";
import { BeeError } from "@beemesh/base";
import type {
  Duplex as PortDuplex,
  Readable as PortReadable,
  Writable as PortWritable,
} from "@beemesh/ports";

/**
 * The ports name streams without their host. Here they come back as Node's own, which is what
 * every adapter makes. Throws BeeError `stream-foreign` for anything else.
 */
export function hostReadable(stream: PortReadable): Readable {
  return stream instanceof Readable ? stream : foreign();
}

/** See {@link hostReadable}. */
export function hostWritable(stream: PortWritable): Writable {
  return stream instanceof Writable ? stream : foreign();
}

/** See {@link hostReadable}. */
export function hostDuplex(stream: PortDuplex): Duplex {
  return stream instanceof Duplex ? stream : foreign();
}

function foreign(): never {
  throw new BeeError("stream-foreign", "Cannot carry the stream: it is not one of Node's");
}

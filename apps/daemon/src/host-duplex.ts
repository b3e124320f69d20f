import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { BeeError } from "@beemesh/base";

/** The runtime's streams are Node's own; the port only does not say so. */
export function hostDuplex(stream: unknown): Duplex {
  if (stream instanceof Duplex) return stream;
  throw new BeeError("stream-foreign", "Cannot use a stream: it is none of Node's");
}

/** The same for a stream that has a descriptor. */
export function hostSocket(stream: unknown): Socket {
  if (stream instanceof Socket) return stream;
  throw new BeeError("stream-foreign", "Cannot hand a stream over: it is no socket of Node's");
}

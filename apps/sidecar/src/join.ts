import type { ByteStream } from "@beemesh/kernel";

/**
 * Joins two streams as they are, for what goes through no carrier: an end is passed on as an end,
 * and if one breaks off, so does the other.
 */
export function join(a: ByteStream, b: ByteStream): void {
  pass(a, b);
  pass(b, a);
}

function pass(from: ByteStream, to: ByteStream): void {
  from.read({
    onData: (bytes) => {
      if (!to.write(bytes)) from.pause();
    },
    onEnd: () => to.end(),
    // It takes more of what the other one has.
    onDrain: () => to.resume(),
    onClose: () => {
      if (!from.isFinished) to.reset();
    },
  });
}

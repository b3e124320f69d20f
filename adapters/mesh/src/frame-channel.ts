import { BeeError } from "@beemesh/base";
import type { Stream } from "@libp2p/interface";
import { encodeFrame, FrameReader } from "./frame.ts";

/** Frames back and forth, for a conversation of a few. */
export interface FrameChannel {
  write(body: Uint8Array): void;
  /** The next frame. Rejects with BeeError `channel-closed` if none comes any more. */
  read(): Promise<Uint8Array>;
}

/** Frames over a libp2p stream; one over `sizeBytesMax` closes it. */
export function openChannel(stream: Stream, sizeBytesMax: number): FrameChannel {
  const frames: Uint8Array[] = [];
  let waiting: PromiseWithResolvers<Uint8Array> | undefined;
  let closed = false;
  const close = (): void => {
    closed = true;
    waiting?.reject(closedError());
    waiting = undefined;
  };
  const reader = new FrameReader(sizeBytesMax, (body) => {
    if (waiting === undefined) frames.push(body);
    else waiting.resolve(body);
    waiting = undefined;
  });
  stream.addEventListener("message", ({ data }) => {
    if (!closed && !reader.push(data.subarray())) stream.abort(closedError());
  });
  stream.addEventListener("end", close);
  stream.addEventListener("close", close);
  return {
    write: (body) => {
      stream.send(encodeFrame(body));
    },
    read: () => {
      const frame = frames.shift();
      if (frame !== undefined) return Promise.resolve(frame);
      if (closed) return Promise.reject(closedError());
      waiting = Promise.withResolvers<Uint8Array>();
      return waiting.promise;
    },
  };
}

function closedError(): BeeError {
  return new BeeError("channel-closed", "Cannot read frame: the stream has closed");
}

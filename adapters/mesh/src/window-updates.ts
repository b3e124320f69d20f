import { YamuxStream } from "./chainsafe.js";

/** Streams in this state have nothing to say but how much more they take. */
const established = 3;

let isPatched = false;

/**
 * Lets streams say how much more they take only when half of their window is used up, as the first
 * implementation of yamux does. The library says it after every frame: for a heartbeat of 60 bytes
 * another 162 on the cable, the larger part of what an idle mesh sends.
 *
 * Source: https://github.com/hashicorp/yamux/blob/master/stream.go, `sendWindowUpdate`
 */
export function spareWindowUpdates(): void {
  if (isPatched) return;
  isPatched = true;
  const { prototype } = YamuxStream;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its stream below
  const send = prototype.sendWindowUpdate;
  prototype.sendWindowUpdate = function sendWindowUpdate(this: YamuxStream): void {
    if (!isNeedless(this)) send.call(this);
  };
}

/** A version that calls these otherwise sends all of its updates. */
function isNeedless({ recvWindow, recvWindowCapacity, state }: YamuxStream): boolean {
  if (recvWindow === undefined || recvWindowCapacity === undefined) return false;
  return state === established && recvWindowCapacity > recvWindow / 2;
}

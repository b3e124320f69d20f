/**
 * What Linux can do and Node has no door to: sockets that take connections to any address, tun
 * devices, and descriptors that go from process to process. The one package that uses `node:ffi`.
 * It may be imported anywhere; what cannot be done throws `kernel-unsupported` when it is called.
 *
 * @module
 */

export {
  ByteStream,
  keptBytesMax,
  PlainStream,
  type StreamUser,
  withRoomBefore,
} from "./byte-stream.ts";
export { adoptSocket, closeDescriptor, descriptorOf, duplicate } from "./descriptor.ts";
export { DescriptorInbox, type ReceivedDescriptor } from "./descriptor-inbox.ts";
export { DescriptorOutbox } from "./descriptor-outbox.ts";
export { takeDescriptor } from "./foreign-descriptor.ts";
export { returnMemory } from "./memory.ts";
export { unixAddress } from "./message.ts";
export { watchPackets } from "./packet-watch.ts";
export { settle } from "./readiness.ts";
export { type SocketAddress, socketAddress } from "./socket-address.ts";
export { makeTransparent } from "./socket-option.ts";
export { type Connected, connectStream } from "./stream-connector.ts";
export { type ListenerOptions, StreamListener } from "./stream-listener.ts";
export { TlsContext } from "./tls-context.ts";
export { TlsStream } from "./tls-stream.ts";
export { openTun } from "./tun.ts";

/**
 * What Linux can do and Node has no door to: sockets that take any address, tun devices, and
 * descriptors that are handed from process to process. The one package that uses `node:ffi`.
 *
 * @module
 */

export { adoptSocket, closeDescriptor, descriptorOf, duplicate } from "./descriptor.ts";
export { DescriptorInbox, type ReceivedDescriptor } from "./descriptor-inbox.ts";
export { DescriptorOutbox } from "./descriptor-outbox.ts";
export { makeTransparent } from "./socket-option.ts";
export { openTun } from "./tun.ts";

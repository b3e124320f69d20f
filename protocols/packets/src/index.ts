/**
 * IP packets as a tun device gives and takes them: datagrams of UDP are read and built, and what
 * may not pass is answered as a router would answer it.
 *
 * @module
 */

export { type Datagram, datagramPacket, payloadBytesMax, readDatagram } from "./datagram.ts";
export { unreachablePacket } from "./unreachable.ts";

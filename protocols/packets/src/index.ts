/**
 * IP packets as a tun device gives and takes them: datagrams of UDP, and the ICMP that says that
 * one cannot be delivered.
 *
 * @module
 */

export { addressBytes, addressText } from "./address.ts";
export { type Datagram, datagramPacket, payloadBytesMax, readDatagram } from "./datagram.ts";
export { unreachablePacket } from "./unreachable.ts";

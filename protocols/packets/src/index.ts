/**
 * IP packets as a tun device gives and takes them: datagrams of UDP are read and built, and what
 * may not pass is answered as a router would answer it.
 *
 * @module
 */

export { type Packet, readPacket } from "./packet.ts";
export { datagramBytesMax, type UdpDatagram, udpPacket } from "./udp-packet.ts";
export { unreachablePacket } from "./unreachable-packet.ts";

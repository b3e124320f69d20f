import { addressText } from "@beemesh/wire";
import { pseudoHeaderSum, sumOf, wholeSum } from "./checksum.ts";
import { type IpHeader, protocols, readIpHeader, viewOf } from "./ip-header.ts";
import { type UdpDatagram, udpHeaderBytes } from "./udp-packet.ts";

/** What a packet turned out to be. */
export type Packet =
  | ({ readonly kind: "udp" } & UdpDatagram)
  /** Anything else, pieces of packets included. `protocol` is IANA's number, such as 1 for ICMP. */
  | { readonly kind: "other"; readonly protocol: number; readonly version: 4 | 6 }
  /** Cut off, of another version, or with a wrong checksum. */
  | { readonly kind: "malformed" };

/**
 * Reads one packet of IPv4 or IPv6. What is behind its end is ignored; the payload is a part of
 * the bytes that were given.
 */
export function readPacket(bytes: Uint8Array): Packet {
  const header = readIpHeader(bytes);
  if (header === undefined) return { kind: "malformed" };
  const { isFragment, protocol, version } = header;
  if (protocol !== protocols.udp || isFragment) return { kind: "other", protocol, version };
  return readUdp(header) ?? { kind: "malformed" };
}

/** Source: RFC 768; for IPv6 RFC 8200, section 8.1. */
function readUdp({ body, source, target, version }: IpHeader): Packet | undefined {
  if (body.length < udpHeaderBytes) return undefined;
  const view = viewOf(body);
  const length = view.getUint16(4);
  if (length < udpHeaderBytes || length > body.length) return undefined;
  const datagram = body.subarray(0, length);
  if (view.getUint16(6) === 0) {
    // IPv4 may do without a checksum, and IPv6 may not.
    if (version === 6) return undefined;
  } else {
    const pseudo = pseudoHeaderSum(source, target, protocols.udp, length);
    if (sumOf(datagram, pseudo) !== wholeSum) return undefined;
  }
  return {
    kind: "udp",
    source: addressText(source),
    sourcePort: view.getUint16(0),
    target: addressText(target),
    targetPort: view.getUint16(2),
    payload: datagram.subarray(udpHeaderBytes),
  };
}

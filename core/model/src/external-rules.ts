/** Rules for programs outside any container. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid, required } from "./cause.ts";
import { type IpAddress, isInIpRange, parseIpAddress, parseIpRange } from "./ip-range.ts";
import { objectsAt, textAt } from "./members.ts";
import { duplicates, type Rules } from "./rule.ts";

/** Rules by type. */
export const externalRules: Rules = {
  "beemesh.v1.ExternalWorkloadSpec": (spec, path) => [
    ...addressCauses(textAt(spec, "address"), `${path}.address`),
    ...portCauses(spec, `${path}.ports`),
    ...reachCauses(spec, `${path}.reach`),
  ],
};

/**
 * Nobody's program listens there: what is reached by these addresses is the host's own, such as a
 * cloud's metadata, or many hosts at once.
 */
const wrongRanges = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/3",
  "::/128",
  "fe80::/10",
  "ff00::/8",
]
  .map(parseIpRange)
  .filter((range) => range !== undefined);

function addressCauses(text: string, field: string): readonly Cause[] {
  if (text === "") return [];
  const address = parseIpAddress(text);
  if (address === undefined) {
    return [invalid(field, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
  }
  if (!wrongRanges.some((range) => isInIpRange(range, plain(address)))) return [];
  return [invalid(field, text, "may not be unspecified, link-local or multicast")];
}

const mapped = 0xff_ffn << 32n;

/** An IPv4 address that is written as one of IPv6, `::ffff:10.0.0.1`, is the IPv4 address. */
function plain({ bits, value }: IpAddress): IpAddress {
  return bits === 128 && value >> 32n === mapped >> 32n
    ? { bits: 32, value: value & 0xff_ff_ff_ffn }
    : { bits, value };
}

/** Services that one program calls by ports of its machine: each is a listener there. */
const reachMax = 64;

/** Whoever comes to such a port speaks as the program: so it is this machine's alone. */
const ownRanges = ["127.0.0.0/8", "::1/128"]
  .map(parseIpRange)
  .filter((range) => range !== undefined);

function reachCauses(spec: JsonObject, path: string): readonly Cause[] {
  const all = objectsAt(spec, "reach");
  if (all.length > reachMax) return [invalid(path, all.length, `must be at most ${reachMax}`)];
  return [
    ...all.flatMap((each, index) => {
      const text = textAt(each, "listenAddress");
      const address = parseIpAddress(text);
      const isOwn = address !== undefined && ownRanges.some((one) => isInIpRange(one, address));
      if (text === "" || isOwn) return [];
      return [invalid(`${path}[${index}].listenAddress`, text, "must be a loopback address")];
    }),
    ...duplicates(
      all.map((each, index) => {
        const value = { address: textAt(each, "listenAddress"), port: each["listenPort"] };
        return { key: JSON.stringify(value), field: `${path}[${index}]`, value };
      }),
    ),
  ];
}

function portCauses(spec: JsonObject, path: string): readonly Cause[] {
  const ports = objectsAt(spec, "ports");
  const field = (index: number): string => `${path}[${index}]`;
  // A program that is called by nobody calls somebody, or it has no place in the mesh.
  const isNeeded = ports.length === 0 && objectsAt(spec, "reach").length === 0;
  return [
    ...(isNeeded ? [required(path)] : []),
    ...ports.flatMap((port, index) =>
      ports.length > 1 && textAt(port, "name") === "" ? [required(`${field(index)}.name`)] : [],
    ),
    ...duplicates(
      ports.map((port, index) => ({ key: textAt(port, "name"), field: `${field(index)}.name` })),
    ),
    ...duplicates(
      ports.map((each, index) => {
        const value = { port: each["port"], protocol: textAt(each, "protocol") || "TCP" };
        return { key: JSON.stringify(value), field: field(index), value };
      }),
    ),
  ];
}

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

function portCauses(spec: JsonObject, path: string): readonly Cause[] {
  const ports = objectsAt(spec, "ports");
  const field = (index: number): string => `${path}[${index}]`;
  return [
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

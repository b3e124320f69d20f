/**
 * Rules for network policies.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, notSupported, required } from "./cause.ts";
import { type IpRange, isInIpRange, parseIpRange } from "./ip-range.ts";
import { isSet, listAt, numberAt, textAt, textOf } from "./members.ts";
import type { Rules } from "./rule.ts";

const policyTypes = ["Egress", "Ingress"];

/** Rules by type. */
export const policyRules: Rules = {
  "networking.v1.NetworkPolicySpec": (spec, path) => typeCauses(spec, `${path}.policyTypes`),
  "networking.v1.NetworkPolicyPeer": peerCauses,
  "networking.v1.NetworkPolicyPort": endPortCauses,
  "networking.v1.IPBlock": (block, path) => {
    const cidr = textAt(block, "cidr");
    const range = parseIpRange(cidr);
    if (cidr === "") return [];
    if (range === undefined) return [invalid(`${path}.cidr`, cidr, rangeRule)];
    return listAt(block, "except").flatMap((except, index) =>
      exceptCauses(range, textOf(except), `${path}.except[${index}]`),
    );
  },
};

const rangeRule = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

function typeCauses(spec: JsonObject, field: string): readonly Cause[] {
  const types = listAt(spec, "policyTypes");
  if (types.length > policyTypes.length) {
    return [invalid(field, types, "may not specify more than two policyTypes")];
  }
  return types.flatMap((type, index) =>
    policyTypes.includes(textOf(type))
      ? []
      : [notSupported(`${field}[${index}]`, type, policyTypes)],
  );
}

function peerCauses(peer: JsonObject, path: string): readonly Cause[] {
  const set = ["podSelector", "namespaceSelector", "ipBlock"].filter((each) => isSet(peer[each]));
  if (set.length === 0) return [required(path, "must specify a peer")];
  if (set.length === 1 || !set.includes("ipBlock")) return [];
  return [forbidden(path, "may not specify both ipBlock and another peer")];
}

function endPortCauses(port: JsonObject, path: string): readonly Cause[] {
  const end = numberAt(port, "endPort");
  const field = `${path}.endPort`;
  if (end === undefined) return [];
  if (!isSet(port["port"])) {
    return [invalid(field, end, "may not be specified when `port` is not specified")];
  }
  const start = numberAt(port, "port");
  if (start === undefined) {
    return [invalid(field, end, "may not be specified when `port` is non-numeric")];
  }
  return end < start ? [invalid(field, end, "must be greater than or equal to `port`")] : [];
}

function exceptCauses(range: IpRange, except: string, field: string): readonly Cause[] {
  const inner = parseIpRange(except);
  if (inner === undefined) return [invalid(field, except, rangeRule)];
  const isInside =
    isInIpRange(range, { bits: inner.bits, value: inner.first }) &&
    inner.prefixLength > range.prefixLength;
  return isInside ? [] : [invalid(field, except, "must be a strict subset of `cidr`")];
}

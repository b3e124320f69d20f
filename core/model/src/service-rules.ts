/** Rules for services. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, required } from "./cause.ts";
import { parseIpAddress } from "./ip-range.ts";
import { isSet, listAt, objectsAt, textAt } from "./members.ts";
import { labelCauses } from "./meta-rules.ts";
import { duplicates, type Rules } from "./rule.ts";

/** Rules by type. */
export const serviceRules: Rules = {
  "core.v1.ServiceSpec": (spec, path) => [
    ...(textAt(spec, "type") === "ExternalName"
      ? externalCauses(spec, path)
      : portListCauses(spec, path)),
    ...labelCauses(spec["selector"], `${path}.selector`),
    ...nodePortCauses(spec, path),
    ...addressCauses(spec, path),
  ],
};

function externalCauses(spec: JsonObject, path: string): readonly Cause[] {
  const address = textAt(spec, "clusterIP");
  return [
    ...(textAt(spec, "externalName") === "" ? [required(`${path}.externalName`)] : []),
    ...(address === "" ? [] : [forbidden(`${path}.clusterIP`, "may not be set for ExternalName")]),
  ];
}

function portListCauses(spec: JsonObject, path: string): readonly Cause[] {
  const ports = objectsAt(spec, "ports");
  const isHeadless = textAt(spec, "clusterIP") === "None";
  if (ports.length === 0) return isHeadless ? [] : [required(`${path}.ports`)];
  const field = (index: number): string => `${path}.ports[${index}]`;
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

function nodePortCauses(spec: JsonObject, path: string): readonly Cause[] {
  const type = textAt(spec, "type") || "ClusterIP";
  if (type === "NodePort" || type === "LoadBalancer") return [];
  return objectsAt(spec, "ports").flatMap((port, index) =>
    isSet(port["nodePort"]) && port["nodePort"] !== 0
      ? [
          forbidden(
            `${path}.ports[${index}].nodePort`,
            `may not be used when \`type\` is '${type}'`,
          ),
        ]
      : [],
  );
}

function addressCauses(spec: JsonObject, path: string): readonly Cause[] {
  const address = textAt(spec, "clusterIP");
  const [first] = listAt(spec, "clusterIPs");
  const field = `${path}.clusterIPs[0]`;
  if (first !== undefined && address !== "" && first !== address) {
    return [invalid(field, first, "first value must match `clusterIP`")];
  }
  if (address === "" || address === "None" || parseIpAddress(address) !== undefined) return [];
  return [invalid(field, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
}

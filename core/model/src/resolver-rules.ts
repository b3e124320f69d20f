/** Rules for the names that programs of a pod look for, and where they do. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid, required } from "./cause.ts";
import { parseIpAddress } from "./ip-range.ts";
import { isSet, listAt, objectAt, objectsAt, textAt } from "./members.ts";
import { subdomainError } from "./name.ts";

/** What kube-apiserver takes of name servers, and of the domains that names are looked for in. */
const nameserversMax = 3;
const searchesMax = 32;
const searchCharactersMax = 2048;

/**
 * What is wrong with how a pod looks for names.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function dnsCauses(spec: JsonObject, path: string): readonly Cause[] {
  const field = `${path}.dnsConfig`;
  const config = objectAt(spec, "dnsConfig");
  const servers = textsAt(config, "nameservers");
  if (textAt(spec, "dnsPolicy") === "None" && servers.length === 0) {
    const rule = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    return isSet(spec["dnsConfig"])
      ? [required(`${field}.nameservers`, rule)]
      : [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
  }
  return [
    ...(servers.length > nameserversMax
      ? [
          invalid(
            `${field}.nameservers`,
            servers,
            `must not have more than ${nameserversMax} nameservers`,
          ),
        ]
      : []),
    ...servers.flatMap((server, index) => addressCauses(server, `${field}.nameservers[${index}]`)),
    ...searchCauses(textsAt(config, "searches"), `${field}.searches`),
    ...objectsAt(config, "options").flatMap((option, index) =>
      textAt(option, "name") === ""
        ? [required(`${field}.options[${index}]`, "must not be empty")]
        : [],
    ),
  ];
}

function searchCauses(searches: readonly string[], field: string): readonly Cause[] {
  const length = searches.join(" ").length;
  const many = `must not have more than ${searchesMax} search paths`;
  const long =
    `must not have more than ${searchCharactersMax} characters (including spaces) ` +
    "in the search list";
  return [
    ...(searches.length > searchesMax ? [invalid(field, searches, many)] : []),
    ...(length > searchCharactersMax ? [invalid(field, searches, long)] : []),
    ...searches.flatMap((search, index) => {
      // The root is one, and so is a name that ends with it; names of services have underscores.
      const name = search.replace(/\.$/u, "").replaceAll("_", "a");
      const error = search === "." ? undefined : subdomainError(name);
      return error === undefined ? [] : [invalid(`${field}[${index}]`, search, error)];
    }),
  ];
}

/** What is wrong with the names that a pod gives to addresses. */
export function aliasCauses(spec: JsonObject, path: string): readonly Cause[] {
  return objectsAt(spec, "hostAliases").flatMap((alias, index) => {
    const field = `${path}.hostAliases[${index}]`;
    const names = textsAt(alias, "hostnames").flatMap((name, place) => {
      const error = subdomainError(name);
      return error === undefined ? [] : [invalid(`${field}.hostnames[${place}]`, name, error)];
    });
    return [...addressCauses(textAt(alias, "ip"), `${field}.ip`), ...names];
  });
}

function addressCauses(address: string, field: string): readonly Cause[] {
  if (parseIpAddress(address) !== undefined) return [];
  return [invalid(field, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")];
}

function textsAt(object: JsonObject | undefined, member: string): readonly string[] {
  return listAt(object, member).filter((each) => typeof each === "string");
}

/**
 * Rules for Ingress and IngressClass.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, notSupported, required, tooLong } from "./cause.ts";
import { parseIpAddress } from "./ip-range.ts";
import { isSet, listAt, numberAt, objectAt, textAt, textOf } from "./members.ts";
import { domainPathError, subdomainError, wildcardError } from "./name.ts";
import type { Rules } from "./rule.ts";

/** Kubernetes takes controllers' names up to this. */
const controllerBytesMax = 250;

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];

/** What a path may not hold: its elements would mean something else to a server behind. */
const wrongSequences = ["//", "/./", "/../", "%2f", "%2F"];
const wrongEnds = ["/..", "/."];

/** Rules by type. */
export const ingressRules: Rules = {
  "networking.v1.IngressSpec": (spec, path) =>
    listAt(spec, "rules").length === 0 && !isSet(spec["defaultBackend"])
      ? [
          invalid(
            path,
            listAt(spec, "rules"),
            "either `defaultBackend` or `rules` must be specified",
          ),
        ]
      : [],
  "networking.v1.IngressRule": (rule, path) => {
    const host = textAt(rule, "host");
    if (host === "") return [];
    if (parseIpAddress(host) !== undefined) {
      return [invalid(`${path}.host`, host, "must be a DNS name, not an IP address")];
    }
    return hostCauses(host, `${path}.host`);
  },
  "networking.v1.IngressTLS": (tls, path) =>
    listAt(tls, "hosts").flatMap((host, index) =>
      hostCauses(textOf(host), `${path}.hosts[${index}]`),
    ),
  "networking.v1.HTTPIngressPath": pathCauses,
  "networking.v1.IngressBackend": backendCauses,
  "networking.v1.IngressClassSpec": controllerCauses,
  "networking.v1.IngressClassParametersReference": parameterCauses,
};

function hostCauses(host: string, field: string): readonly Cause[] {
  const error = host.includes("*") ? wildcardError(host) : subdomainError(host);
  return error === undefined ? [] : [invalid(field, host, error)];
}

function pathCauses(rule: JsonObject, at: string): readonly Cause[] {
  const [path, type] = [textAt(rule, "path"), textAt(rule, "pathType")];
  const field = `${at}.path`;
  if (type === "") return [];
  if (!pathTypes.includes(type)) return [notSupported(`${at}.pathType`, type, pathTypes)];
  const mayBeEmpty = type === "ImplementationSpecific";
  const causes =
    path.startsWith("/") || (mayBeEmpty && path === "")
      ? []
      : [invalid(field, path, "must be an absolute path")];
  if (mayBeEmpty) return causes;
  return [
    ...causes,
    ...wrongSequences
      .filter((text) => path.includes(text))
      .map((text) => invalid(field, path, `must not contain '${text}'`)),
    ...wrongEnds
      .filter((text) => path.endsWith(text))
      .map((text) => invalid(field, path, `cannot end with '${text}'`)),
  ];
}

function backendCauses(backend: JsonObject, path: string): readonly Cause[] {
  const service = objectAt(backend, "service");
  const hasResource = isSet(backend["resource"]);
  if (hasResource && service !== undefined) {
    return [invalid(path, "", "cannot set both resource and service backends")];
  }
  if (hasResource) return [];
  if (service === undefined) return [invalid(path, "", "resource or service backend is required")];
  const hasName = textAt(service, "port", "name") !== "";
  const hasNumber = (numberAt(service, "port", "number") ?? 0) !== 0;
  if (hasName && hasNumber) return [invalid(path, "", "cannot set both port name & port number")];
  return hasName || hasNumber ? [] : [required(path, "port name or number is required")];
}

function controllerCauses(spec: JsonObject, path: string): readonly Cause[] {
  const controller = textAt(spec, "controller");
  const field = `${path}.controller`;
  if (controller === "") return [required(field)];
  if (controller.length > controllerBytesMax) return [tooLong(field, controllerBytesMax)];
  const error = domainPathError(controller);
  return error === undefined ? [] : [invalid(field, controller, error)];
}

/** Parameters in a namespace name it, and others do not. */
function parameterCauses(reference: JsonObject, path: string): readonly Cause[] {
  const field = `${path}.namespace`;
  const isInside = textAt(reference, "scope") === "Namespace";
  const hasNamespace = textAt(reference, "namespace") !== "";
  if (isInside === hasNamespace) return [];
  return isInside
    ? [required(field, "`parameters.scope` is set to 'Namespace'")]
    : [forbidden(field, "`parameters.scope` is set to 'Cluster'")];
}

/**
 * CertificateSigningRequests as they come in: who asks is written down by the API.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import type { KubeObject, Resource } from "@beemesh/model";
import type { User } from "@beemesh/ports";
import { fieldAt, mapAt, textAt } from "../field.ts";
import type { Cause } from "../status.ts";

export const certificatesGroup = "certificates.k8s.io";

/** kube-apiserver's: ten minutes. */
const lifetimeSecondsMin = 600;

const requiredMembers = ["request", "signerName", "usages"] as const;

function isRequest({ group, name }: Resource): boolean {
  return group === certificatesGroup && name === "certificatesigningrequests";
}

/** The request as its author sent it, with who that is: nobody says that of themselves. */
export function withRequester(
  resource: Resource,
  object: KubeObject,
  { name, uid, groups, extra }: User,
): KubeObject {
  if (!isRequest(resource)) return object;
  const { username: _, uid: __, groups: ___, extra: ____, ...spec } = mapAt(object, "spec");
  const who = {
    username: name,
    groups,
    ...(uid !== undefined && { uid }),
    ...(extra && { extra }),
  };
  return { ...object, spec: { ...spec, ...who } };
}

/** The request that takes the place of another: what was asked for stays, who asked too. */
export function withFirstRequest(
  resource: Resource,
  next: KubeObject,
  before: KubeObject,
): KubeObject {
  return isRequest(resource) ? { ...next, spec: before.spec } : next;
}

/** What is wrong with a new request. */
export function requestFaults(resource: Resource, object: KubeObject): readonly Cause[] {
  if (!isRequest(resource)) return [];
  const causes: Cause[] = [];
  for (const member of requiredMembers) {
    const value = fieldAt(object, "spec", member);
    const isThere = Array.isArray(value) ? value.length > 0 : typeof value === "string" && value;
    if (isThere) continue;
    const field = `spec.${member}`;
    causes.push({ reason: "FieldValueRequired", field, message: "Required value" });
  }
  const signer = textAt(object, "spec", "signerName");
  if (signer !== "" && !/^[^/]+\/[^/]+$/u.test(signer)) {
    const message = `Invalid value: "${signer}": must be a fully qualified domain and path`;
    causes.push({ reason: "FieldValueInvalid", field: "spec.signerName", message });
  }
  const seconds = fieldAt(object, "spec", "expirationSeconds");
  if (typeof seconds === "number" && seconds < lifetimeSecondsMin) {
    const message = `Invalid value: ${seconds}: may not specify a duration less than 600 seconds`;
    causes.push({ reason: "FieldValueInvalid", field: "spec.expirationSeconds", message });
  }
  return causes;
}

import { type ApiAuthority, certifyUser, readCertificateRequest } from "@beemesh/identity";
import { findResource, type KubeObject, type Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import {
  type CollectionId,
  collectionOf,
  isJsonObject,
  type Json,
  type JsonObject,
} from "@beemesh/wire";
import type { Log } from "./log.ts";

export interface CertificateSignerOptions {
  readonly objects: ObjectStore;
  /** Keeps a copy of a collection here for some minutes. */
  readonly follow: (collection: CollectionId) => void;
  /** The authority of users; undefined where the owner's key is not. */
  readonly authority: () => ApiAuthority | undefined;
  /** The mesh's time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Lets the machine act on what was written. */
  readonly nudge: () => void;
  readonly log: Log;
}

const group = "certificates.k8s.io";
const plural = "certificatesigningrequests";

/** The only signer that a mesh has: of users of the API. */
const signerName = "kubernetes.io/kube-apiserver-client";

/** What such a certificate may be for, by the rules of that signer. */
const usagesMax: ReadonlySet<unknown> = new Set([
  "client auth",
  "digital signature",
  "key encipherment",
]);

/** A year, and never more: what kube-controller-manager gives. */
const lifetimeMsMax = 365 * 24 * 3_600_000;

/**
 * Signs approved certificate requests of users, on a machine that holds the owner's key: the
 * authority of users is derived from it, every machine believes it, and no machine can make users
 * up without it. While no such machine is up a request stays approved, and waits.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
export class CertificateSigner {
  readonly #options: CertificateSignerOptions;
  readonly #resource: Resource | undefined = findResource(group, plural);
  readonly #stop: () => void;

  constructor(options: CertificateSignerOptions) {
    this.#options = options;
    this.#stop = options.objects.onChange(({ kind, resource, object }) => {
      // A store is not written to while it tells of a change.
      if (kind !== "deleted" && resource === this.#resource) {
        queueMicrotask(() => this.#lookAt(object.metadata.name));
      }
    });
  }

  /** Looks at all requests; call it now and then. */
  look(): void {
    const { authority, follow, objects } = this.#options;
    if (this.#resource === undefined || authority() === undefined) return;
    follow(collectionOf(plural, group));
    for (const { metadata } of objects.list(this.#resource).items) this.#lookAt(metadata.name);
  }

  close(): void {
    this.#stop();
  }

  #lookAt(name: string): void {
    const { authority: open, objects, log, nowMs, nudge } = this.#options;
    const request = this.#resource && objects.get(this.#resource, "", name);
    if (this.#resource === undefined || request === undefined || !isDue(request)) return;
    const authority = open();
    if (authority === undefined) return;
    const spec = isJsonObject(request.spec) ? request.spec : {};
    const status = isJsonObject(request.status) ? request.status : {};
    const signed = certify(spec, authority, nowMs());
    log.info("Answered a certificate request", { name, fault: signed.fault });
    const next =
      signed.fault === ""
        ? { ...status, certificate: Buffer.from(signed.certificate).toString("base64") }
        : { ...status, conditions: [...listIn(status), failure(signed.fault, nowMs())] };
    objects.putStatus(this.#resource, { ...request, status: next });
    nudge();
  }
}

/** Whether a request is approved and nobody has answered it. */
function isDue({ spec, status }: KubeObject): boolean {
  if (!isJsonObject(spec) || !isJsonObject(status)) return false;
  const types = listIn(status).map((each) => (isJsonObject(each) ? each["type"] : ""));
  const isOpen = types.includes("Approved") && !types.includes("Denied");
  const isAnswered = types.includes("Failed") || (status["certificate"] ?? "") !== "";
  return spec["signerName"] === signerName && isOpen && !isAnswered;
}

function certify(
  spec: JsonObject,
  authority: ApiAuthority,
  nowMs: number,
): { readonly fault: string; readonly certificate: string } {
  const refuse = (fault: string) => ({ fault, certificate: "" });
  const { request, usages, expirationSeconds } = spec;
  const asked = Array.isArray(usages) ? usages : [];
  if (!asked.includes("client auth") || !asked.every((usage) => usagesMax.has(usage))) {
    return refuse("usages must be client auth, digital signature or key encipherment");
  }
  const pem = typeof request === "string" ? Buffer.from(request, "base64").toString() : "";
  const read = readCertificateRequest(pem);
  if (typeof read === "string") return refuse(read);
  if (read.organizations.includes("system:masters")) {
    return refuse("no certificate is given for the group system:masters");
  }
  const wishMs = typeof expirationSeconds === "number" ? expirationSeconds * 1000 : lifetimeMsMax;
  const lifetimeMs = Math.min(wishMs, lifetimeMsMax);
  const { commonName: name, organizations: groups, key } = read;
  return {
    fault: "",
    certificate: certifyUser(authority, { name, groups, key, lifetimeMs }, nowMs),
  };
}

function listIn(status: JsonObject): readonly Json[] {
  const { conditions } = status;
  return Array.isArray(conditions) ? conditions : [];
}

function failure(message: string, nowMs: number): JsonObject {
  const at = new Date(nowMs).toISOString().replace(/\.\d+Z$/u, "Z");
  return {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: at,
    lastTransitionTime: at,
  };
}

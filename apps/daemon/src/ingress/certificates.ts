import { createSecureContext, type SecureContext } from "node:tls";
import { findResource, type KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject, type Json } from "@beemesh/wire";
import type { CertificateRef } from "./ingress-table.ts";

/** A certificate that can be shown, or why it cannot. */
type Finding =
  | { readonly kind: "found"; readonly context: SecureContext }
  | { readonly kind: "broken"; readonly reason: string };

/** Certificates that are kept ready; one takes some 50 KiB. Of more the longest unused goes. */
const readyMax = 256;

const tlsType = "kubernetes.io/tls";

/** The certificates that Ingresses name, out of Secrets of their namespaces. */
export class Certificates {
  readonly #objects: ObjectStore;
  /** By namespace, name and version of the Secret; the longest unused first. */
  readonly #ready = new Map<string, Finding>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** The certificate and key of a Secret, ready to be shown. */
  find({ ingress: { namespace }, secret }: CertificateRef): Finding {
    const resource = findResource("", "secrets");
    const object = resource && this.#objects.get(resource, namespace, secret);
    if (object === undefined) {
      return { kind: "broken", reason: `there is no Secret ${secret} in namespace ${namespace}` };
    }
    const { uid = "", resourceVersion = "" } = object.metadata;
    const key = `${namespace}/${secret}/${uid}/${resourceVersion}`;
    const finding = this.#ready.get(key) ?? readSecret(object);
    this.#ready.delete(key);
    this.#ready.set(key, finding);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > readyMax && oldest !== undefined) this.#ready.delete(oldest);
    return finding;
  }
}

function readSecret(secret: KubeObject): Finding {
  const { name } = secret.metadata;
  const data = isJsonObject(secret["data"]) ? secret["data"] : {};
  if (secret["type"] !== tlsType) {
    return { kind: "broken", reason: `Secret ${name} is not of type ${tlsType}` };
  }
  try {
    const [cert, key] = [pemOf(data["tls.crt"]), pemOf(data["tls.key"])];
    return { kind: "found", context: createSecureContext({ cert, key }) };
  } catch {
    // What OpenSSL says could quote from the key.
    const reason = `tls.crt and tls.key of Secret ${name} are no certificate and its key`;
    return { kind: "broken", reason };
  }
}

function pemOf(value: Json | undefined): Buffer {
  return Buffer.from(typeof value === "string" ? value : "", "base64");
}

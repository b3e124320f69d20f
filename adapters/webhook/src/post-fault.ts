/**
 * Why a POST got no answer, in the words that Go's client has for it: people search for them.
 *
 * Source: the packages net, net/http and crypto/x509 of Go, and k8s.io/apimachinery, api/errors.
 */

/** A failed POST, as Go tells it: `Post "https://…": context deadline exceeded`. */
export function postFault(url: string, error: unknown): string {
  return `Post ${JSON.stringify(url)}: ${reasonOf(error)}`;
}

/** The words for a time that is over. */
export const deadlineText = "context deadline exceeded";

const unverified = "tls: failed to verify certificate: x509: ";

const untrustedCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);

/** What Go says for what Node calls by a code. */
const reasons: Readonly<Record<string, (facts: Facts) => string>> = {
  ECONNREFUSED: (facts) => `dial tcp${placeOf(facts)}: connect: connection refused`,
  EHOSTUNREACH: (facts) => `dial tcp${placeOf(facts)}: connect: no route to host`,
  ENOTFOUND: ({ hostname }) => `dial tcp: lookup ${hostname}: no such host`,
  EAI_AGAIN: ({ hostname }) => `dial tcp: lookup ${hostname}: no such host`,
  ECONNRESET: () => "EOF",
  CERT_HAS_EXPIRED: () => `${unverified}certificate has expired or is not yet valid`,
  CERT_NOT_YET_VALID: () => `${unverified}certificate has expired or is not yet valid`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ message }) =>
    `${unverified}certificate is not valid for the name: ${message}`,
};

function reasonOf(error: unknown): string {
  const facts = factsOf(error);
  if (untrustedCodes.has(facts.code)) return `${unverified}certificate signed by unknown authority`;
  return reasons[facts.code]?.(facts) ?? facts.message;
}

function placeOf({ address, port }: Facts): string {
  if (address === "") return "";
  return ` ${address.includes(":") ? `[${address}]` : address}:${port}`;
}

interface Facts {
  readonly code: string;
  readonly message: string;
  readonly address: string;
  readonly port: string;
  readonly hostname: string;
}

function factsOf(error: unknown): Facts {
  // Several addresses that were tried in vain: the first tells enough.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const facts = typeof first === "object" && first !== null ? { ...first } : {};
  const text = (name: string): string => {
    const value: unknown = Object.entries(facts).find(([key]) => key === name)?.[1];
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const message = first instanceof Error ? first.message : String(first);
  return {
    code: text("code"),
    message,
    address: text("address"),
    port: text("port"),
    hostname: text("hostname"),
  };
}

const lateText = "the server was unable to return a response in the time allotted";
const preventedText = "has prevented the request from succeeding";

/** What Kubernetes says of a status that is no success. */
export function statusFault(code: number, text: string): string {
  switch (code) {
    case 400:
      return "the server rejected our request for an unknown reason";
    case 401:
      return "the server has asked for the client to provide credentials";
    case 403:
      return "forbidden";
    case 404:
      return "the server could not find the requested resource";
    case 405:
      return "the server does not allow this method on the requested resource";
    case 503:
      return "the server is currently unable to handle the request";
    case 504:
      return `${lateText}, but may still be processing the request`;
    default:
      return code >= 500
        ? `an error on the server (${JSON.stringify(text)}) ${preventedText}`
        : `the server responded with the status code ${code} but did not return more information`;
  }
}

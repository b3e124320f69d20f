/**
 * What becomes of a CertificateSigningRequest: somebody approves it, and whoever has the signer's
 * key writes the certificate. Each needs the right to that signer.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import type { KubeObject } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import type { Call } from "../call.ts";
import { listAt, mapAt, textAt } from "../field.ts";
import { status, writeStatus } from "../object-status.ts";
import { done, fail, forbidden, invalid, type Outcome } from "../status.ts";
import { formatTimestamp } from "../timestamp.ts";
import { certificatesGroup } from "./certificate-request.ts";

/** What only who approves or denies writes. */
const verdicts: readonly string[] = ["Approved", "Denied"];

/** Answers what is asked of `certificatesigningrequests/<name>/approval`. */
export function approval(call: Call): ApiReply {
  return writeStatus(call, (before, wanted) => {
    const refusal = signerFault(call, before, "approve");
    if (refusal !== undefined) return refusal;
    const own = listAt(before, "status", "conditions").filter((each) => !isVerdict(each));
    const said = listAt(wanted, "status", "conditions").filter(isVerdict);
    if (new Set(said.map((each) => textAt(each, "type"))).size > 1) return contradiction(call);
    const at = formatTimestamp(call.now.wallMs);
    const conditions = [...own, ...said.map((each) => dated(each, at))];
    return done({ ...mapAt(before, "status"), conditions });
  });
}

/** Answers what is asked of a request's `status`: signers write there, and approve nothing. */
export function requestStatus(call: Call): ApiReply {
  if (call.info.verb === "get") return status(call);
  return writeStatus(call, (before, wanted) => {
    const refusal = signerFault(call, before, "sign");
    if (refusal !== undefined) return refusal;
    const kept = listAt(before, "status", "conditions").filter(isVerdict);
    const said = listAt(wanted, "status", "conditions").filter((each) => !isVerdict(each));
    return done({ ...mapAt(wanted, "status"), conditions: [...kept, ...said] });
  });
}

/** Why the user may not approve or sign for the request's signer. */
function signerFault(
  { context, info, request }: Call,
  object: KubeObject,
  verb: "approve" | "sign",
): Outcome<never> | undefined {
  const signer = textAt(object, "spec", "signerName");
  const wish = { verb, group: certificatesGroup, resource: "signers", subresource: "" };
  const names = [signer, `${signer.split("/")[0]}/*`];
  const isAllowed = names.some(
    (name) => context.book.decide(request.user, { ...wish, namespace: "", name, path: "" }).allowed,
  );
  if (isAllowed) return undefined;
  const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`;
  return fail(forbidden(info.resource, info.name, why));
}

function isVerdict(condition: unknown): boolean {
  return verdicts.includes(textAt(condition, "type"));
}

function contradiction({ info }: Call): Outcome<never> {
  const message = "Invalid value: Approved and Denied conditions are mutually exclusive";
  const cause = { reason: "FieldValueInvalid", field: "status.conditions", message };
  return fail(invalid(info.resource, info.name, [cause]));
}

function dated(condition: unknown, at: string): unknown {
  const { lastTransitionTime, ...rest } = mapAt(condition);
  return { ...rest, lastTransitionTime: lastTransitionTime ?? at };
}

/**
 * The headers by which a client says as whom it wants to act. They are only read here; whether
 * the client may is decided behind the gateway.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 * #user-impersonation
 */
import type { Impersonation } from "@beemesh/ports";
import type { Refusal } from "./kube-status.ts";
import type { Incoming } from "./message.ts";

const prefix = "impersonate-";
const extraPrefix = "impersonate-extra-";

/** Values of all these headers together; each is asked for by itself. */
const valuesMax = 100;

/** Reads the headers; undefined if there are none. */
export function impersonationOf({
  rawHeaders = [],
}: Incoming): Impersonation | Refusal | undefined {
  const values = pairsOf(rawHeaders);
  if (values.length === 0) return undefined;
  if (values.length > valuesMax) {
    return { code: 400, message: `Cannot impersonate: there are more than ${valuesMax} values` };
  }
  const all = (name: string): string[] =>
    values.filter(([header]) => header === name).map(([, value]) => value);
  const extra = new Map<string, string[]>();
  for (const [header, value] of values) {
    if (!header.startsWith(extraPrefix)) continue;
    const key = decoded(header.slice(extraPrefix.length));
    if (key === undefined) return { code: 400, message: "Cannot read Impersonate-Extra's name" };
    extra.set(key, [...(extra.get(key) ?? []), value]);
  }
  return {
    user: all("impersonate-user")[0] ?? "",
    groups: all("impersonate-group"),
    uid: all("impersonate-uid")[0] ?? "",
    extra: Object.fromEntries(extra),
  };
}

/** Names in small letters, each with its value: a header that comes twice stays two. */
function pairsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw.flatMap((name, index) => {
    const isName = index % 2 === 0 && name.toLowerCase().startsWith(prefix);
    return isName ? [[name.toLowerCase(), raw[index + 1] ?? ""] as const] : [];
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text).toLowerCase();
  } catch {
    return undefined;
  }
}

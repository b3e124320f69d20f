/** Tokens for tests: what is signed is the text itself. */
import type { TokenAuthority } from "@beemesh/ports";
import { isJsonObject, parseJson } from "@beemesh/wire";

/** Believes whatever begins with `signed `, as if this machine had signed it. */
export const testTokens: TokenAuthority = {
  sign: (claims) => `signed ${JSON.stringify(claims)}`,
  open: (token) => {
    const claims = token.startsWith("signed ") ? parseJson(token.slice(7)) : undefined;
    return isJsonObject(claims) ? { claims, signer: "machine" } : undefined;
  },
  keySet: () => ({ keys: [] }),
};

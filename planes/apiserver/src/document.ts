/** What is served besides objects: version, health, the list of paths, OpenAPI. */
import type { ResourceBook } from "@beemesh/model";
import type { ApiReply, ApiRequest, TokenAuthority } from "@beemesh/ports";
import { tokenIssuer } from "./access/service-token.ts";
import { openApi } from "./openapi-document.ts";

/** The Kubernetes version whose API this is; clients choose their behaviour by it. */
const kubernetesVersion = { major: "1", minor: "33", gitVersion: "v1.33.1+beemesh" };

/** Paths that say whether the machine is well; they need no permission. */
const healthPaths = new Set(["healthz", "livez", "readyz"]);

/** Whether the path is one of {@link healthPaths}, or the version: served to everybody. */
export function isPublic([root]: readonly string[]): boolean {
  return root !== undefined && (healthPaths.has(root) || root === "version");
}

/** Answers a request for a document; undefined if its path is none. */
export function document(
  request: ApiRequest,
  book: ResourceBook,
  tokens?: TokenAuthority,
): ApiReply | undefined {
  const [root, ...rest] = request.path;
  if (root === undefined) return json({ paths: rootPaths });
  if (healthPaths.has(root)) {
    return { kind: "bytes", status: 200, contentType: "text/plain; charset=utf-8", body: "ok" };
  }
  if (root === "version" && rest.length === 0) return json(versionInfo);
  if (tokens !== undefined && rest.length > 0) {
    const found = issuerDocument(request.path.join("/"), tokens);
    if (found !== undefined) return found;
  }
  return root === "openapi" ? openApi(request, rest, book) : undefined;
}

/**
 * What verifiers of tokens outside the mesh read.
 *
 * Source: OpenID Connect Discovery 1.0, section 3; RFC 7517.
 */
function issuerDocument(path: string, tokens: TokenAuthority): ApiReply | undefined {
  if (path === "openid/v1/jwks") {
    const body = JSON.stringify(tokens.keySet());
    return { kind: "bytes", status: 200, contentType: "application/jwk-set+json", body };
  }
  if (path !== ".well-known/openid-configuration") return undefined;
  return json({
    issuer: tokenIssuer,
    jwks_uri: `${tokenIssuer}/openid/v1/jwks`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  });
}

const rootPaths = [
  "/api",
  "/api/v1",
  "/apis",
  "/healthz",
  "/livez",
  "/openapi/v2",
  "/openapi/v3",
  "/openid/v1/jwks",
  "/.well-known/openid-configuration",
];

const versionInfo = {
  ...kubernetesVersion,
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};

function json(body: unknown): ApiReply {
  return { kind: "json", status: 200, body };
}

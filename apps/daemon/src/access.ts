/** What must be here before the API can say who asks, and whether they may. */
import { mastersGroup } from "@beemesh/apiserver";
import type { ApiRequest, TokenAuthority } from "@beemesh/ports";
import { type CollectionId, collectionOf, isJsonObject, type Json } from "@beemesh/wire";

const rbac = "rbac.authorization.k8s.io";

/** The records that a decision about a request is made by. */
export function decisiveCollections(request: ApiRequest): readonly CollectionId[] {
  const { user, impersonation, body } = request;
  const path = request.path.filter((segment) => segment !== "");
  const isReview = path[0] === "apis" && path[1] === "authorization.k8s.io";
  const isMaster = user.groups.includes(mastersGroup) && impersonation === undefined;
  if (isMaster && !isReview) return [];
  // Nobody makes this machine ask others by naming namespaces: what is here decides.
  if (user.groups.includes("system:unauthenticated")) return [];
  const places = new Set([namespaceIn(path), ...(isReview ? namespacesAsked(body) : [])]);
  return [
    collectionOf("clusterroles", rbac),
    collectionOf("clusterrolebindings", rbac),
    ...[...places]
      .filter(isName)
      .flatMap((namespace) => [
        collectionOf("roles", rbac, namespace),
        collectionOf("rolebindings", rbac, namespace),
      ]),
  ];
}

/** The records that a token is judged by; none if nobody of the mesh has signed it. */
export function tokenCollections(tokens: TokenAuthority, token: string): readonly CollectionId[] {
  const said = tokens.open(token)?.claims["kubernetes.io"];
  if (!isJsonObject(said)) return [];
  const { namespace, pod, secret, node } = said;
  if (typeof namespace !== "string" || !isName(namespace)) return [];
  return [
    collectionOf("namespaces", ""),
    collectionOf("serviceaccounts", "", namespace),
    ...(pod === undefined ? [] : [collectionOf("pods", "", namespace)]),
    ...(secret === undefined ? [] : [collectionOf("secrets", "", namespace)]),
    ...(node === undefined || pod !== undefined ? [] : [collectionOf("nodes", "")]),
  ];
}

/** The token that a TokenReview asks about; empty if the request is none. */
export function reviewedToken({ path, body }: ApiRequest): string {
  const isReview = path.at(-1) === "tokenreviews" && path.includes("authentication.k8s.io");
  const spec = isReview && isJsonObject(body) ? body["spec"] : undefined;
  const token = isJsonObject(spec) ? spec["token"] : undefined;
  return typeof token === "string" ? token : "";
}

/** The namespace that a path goes through, or ends at. */
export function namespaceIn(path: readonly string[]): string {
  const at = path[0] === "api" ? 2 : 3;
  return path[at] === "namespaces" ? (path[at + 1] ?? "") : "";
}

function namespacesAsked(body: Json | undefined): readonly string[] {
  const spec = isJsonObject(body) ? body["spec"] : undefined;
  if (!isJsonObject(spec)) return [];
  const { namespace, resourceAttributes } = spec;
  const asked = isJsonObject(resourceAttributes) ? resourceAttributes["namespace"] : undefined;
  return [namespace, asked].filter((each) => typeof each === "string");
}

/** Whether a text can name a namespace: others name no collection. */
export function isName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u.test(text);
}

import { hardOf, resourcesJson } from "@beemesh/admission";
import { canonicalJson } from "@beemesh/wire";
import { resourceQuotaResource } from "./kinds.ts";
import { fine, isEnding, type Look, puttingCounts } from "./view.ts";

/**
 * Tells in a ResourceQuota's status what it allows and what is taken of it. Nobody decides by
 * that: whoever lets something in counts for itself.
 *
 * Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
export const lookAtResourceQuota: Look = (quota, { gate }) => {
  if (isEnding(quota)) return fine;
  const status = { hard: resourcesJson(hardOf(quota)), used: resourcesJson(gate.takenOf(quota)) };
  const text = canonicalJson(status);
  if (text === canonicalJson(quota.status ?? {})) return fine;
  return { actions: [puttingCounts(text, resourceQuotaResource, { ...quota, status })] };
};

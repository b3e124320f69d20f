/** Quotas: the last word about a write, for what it takes is counted when it is written. */
import { quotaFault } from "@beemesh/admission";
import type { Resource } from "@beemesh/model";
import type { Call } from "../call.ts";
import { forbidden, type Status } from "../status.ts";
import type { Intent } from "./intent.ts";
import { isResize } from "./pod-plug-ins.ts";

/** Kinds of which a change may take more than what was there. */
const charged = new Set(["persistentvolumeclaims", "services"]);

/** Why the quotas of its namespace forbid a write; undefined if they do not. */
export function quotaRefusal(call: Call, intent: Intent): Status | undefined {
  const { context, info } = call;
  const { operation, object, before } = intent;
  const isRewritten = operation === "UPDATE" && isRecharged(info.resource);
  const isWhole = info.subresource === "" && (operation === "CREATE" || isRewritten);
  if (object === undefined || (!isWhole && !isResize(call))) return undefined;
  const balances = context.ledger.balancesOf(info.namespace);
  if (balances.length === 0) return undefined;
  const fault = quotaFault(balances, { resource: info.resource, object, before });
  return fault === "" ? undefined : forbidden(info.resource, object.metadata.name, fault);
}

function isRecharged({ group, name }: Resource): boolean {
  return group === "" && charged.has(name);
}

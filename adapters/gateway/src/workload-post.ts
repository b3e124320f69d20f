import type { JsonObject } from "@beemesh/wire";
import { isJsonObject } from "@beemesh/wire";
import { parseManifests } from "./manifest.ts";

/**
 * Creates or replaces one object, as the API does for a `PATCH` of type apply; with `dryRun`
 * only says how that would go.
 */
export type ApplyObject = (
  object: JsonObject,
  options: { readonly dryRun: boolean },
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** The answer to a post of workloads. */
export interface WorkloadAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

/** Which kinds each of the two addresses is for, beside what workloads need (a Service, …). */
const kindsOf = {
  stateless: { own: "Deployment", foreign: ["StatefulSet"] },
  stateful: { own: "StatefulSet", foreign: ["Deployment", "ReplicaSet", "DaemonSet"] },
} as const;

/**
 * Applies every document of a manifest, or none: all are tried first, and nothing is written if
 * one would be refused. A write that fails after that is told with what was written before it.
 */
export async function postWorkloads(
  text: string,
  type: keyof typeof kindsOf,
  apply: ApplyObject,
): Promise<WorkloadAnswer> {
  const manifests = parseManifests(text);
  if (!manifests.ok) return failed(400, manifests.message);
  if (manifests.value.length === 0) return failed(400, "Cannot apply: the body has no object");
  const foreign = manifests.value.find(({ kind }) => isForeign(kind, type));
  if (foreign) {
    return failed(
      422,
      `Cannot apply ${nameOf(foreign)}: /v1/workloads/${type} takes a ${kindsOf[type].own}`,
    );
  }
  for (const dryRun of [true, false]) {
    const written: string[] = [];
    for (const object of manifests.value) {
      const { status, body } = await apply(object, { dryRun });
      if (status >= 300) return refused(object, { status, body, written: dryRun ? [] : written });
      written.push(nameOf(object));
    }
    if (!dryRun) return { status: 200, body: { status: "Success", applied: written } };
  }
  return failed(500, "Cannot apply");
}

function isForeign(kind: unknown, type: keyof typeof kindsOf): boolean {
  return kindsOf[type].foreign.some((foreign) => foreign === kind);
}

function refused(
  object: JsonObject,
  outcome: { readonly status: number; readonly body: unknown; readonly written: readonly string[] },
): WorkloadAnswer {
  const { status, body, written } = outcome;
  const why = isJsonObject(body) ? body["message"] : undefined;
  const reason = typeof why === "string" ? why : `the API answers ${status}`;
  const answer = failed(status, `Cannot apply ${nameOf(object)}: ${reason}`);
  return { status, body: { ...answer.body, applied: written } };
}

function failed(status: number, message: string): WorkloadAnswer {
  return { status, body: { status: "Failure", message, applied: [] } };
}

/** `Deployment/web`, as far as the object says. */
function nameOf({ kind, metadata }: JsonObject): string {
  const name = isJsonObject(metadata) ? metadata["name"] : undefined;
  const text = (value: unknown): string => (typeof value === "string" ? value : "?");
  return `${text(kind)}/${text(name)}`;
}

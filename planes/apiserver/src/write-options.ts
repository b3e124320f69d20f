/** What the query and the body of a writing request ask for besides the object. */
import { hasUnprintable, managerLengthMax } from "@beemesh/apply";
import type { ApiRequest } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { fieldAt, textAt } from "./field.ts";
import { flagIn } from "./query-value.ts";
import { badRequest, done, fail, invalid, type Outcome, type Status } from "./status.ts";

export interface WriteOptions {
  /** Everything is checked and computed, nothing is written. */
  readonly dryRun: boolean;
  /** What becomes of fields that the kind does not have. */
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** What is said of fields that the body has twice. */
  readonly doubled: readonly string[];
  /** Who is to own what is written; empty if the client does not say. */
  readonly fieldManager: string;
  /** The first word of the client's `User-Agent`: who writes if nothing else is said. */
  readonly userAgent: string;
  /** Server-side apply takes what others own; undefined if the client does not say. */
  readonly force: boolean | undefined;
}

export interface DeleteOptions {
  readonly dryRun: boolean;
  /** Whole seconds, at least 0; undefined for the object's own. */
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: "Background" | "Foreground" | "Orphan" | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
}

const supportedValidations = 'supported values: "Ignore", "Strict", "Warn"';
const supportedPolicies = 'supported values: "Foreground", "Background", "Orphan", "nil"';

/** Reads `dryRun`, `fieldValidation`, `fieldManager` and `force`. */
export function writeOptionsOf(
  request: Pick<ApiRequest, "query" | "userAgent" | "doubled">,
  kind: string,
): Outcome<WriteOptions> {
  const { query, userAgent = "", doubled = [] } = request;
  const dryRun = dryRunOf(query.get("dryRun") ?? [], kind);
  if (!dryRun.ok) return dryRun;
  const fieldManager = query.get("fieldManager")?.[0] ?? "";
  const wrong = wrongManager(fieldManager, kind);
  if (wrong !== undefined) return fail(wrong);
  const fieldValidation = query.get("fieldValidation")?.[0] || "Warn";
  if (!isFieldValidation(fieldValidation)) {
    const message = `Unsupported value: "${fieldValidation}": ${supportedValidations}`;
    return fail(optionInvalid(kind, "fieldValidation", message));
  }
  return done({
    dryRun: dryRun.value,
    fieldValidation,
    doubled,
    fieldManager,
    userAgent: programOf(userAgent),
    force: flagIn(query, "force"),
  });
}

function wrongManager(name: string, kind: string): Status | undefined {
  if (name.length > managerLengthMax) {
    const message = `Too long: may not be more than ${managerLengthMax} bytes`;
    return optionInvalid(kind, "fieldManager", message, "FieldValueTooLong");
  }
  if (!hasUnprintable(name)) return undefined;
  const rule = "should only contain printable characters";
  const message = `Invalid value: ${JSON.stringify(name)}: ${rule}`;
  return optionInvalid(kind, "fieldManager", message, "FieldValueInvalid");
}

/** `kubectl` of `kubectl/v1.33.0 (linux/amd64)`. */
function programOf(userAgent: string): string {
  const program = (userAgent.split("/")[0] ?? "").slice(0, managerLengthMax);
  return hasUnprintable(program) ? "" : program;
}

/** Reads DeleteOptions of a body, or where there is none, of the query. */
export function deleteOptionsOf({ body, query }: ApiRequest): Outcome<DeleteOptions> {
  if (!isDeleteBody(body)) {
    return fail(badRequest("the body of a DELETE is not a DeleteOptions object"));
  }
  const asked = isJsonObject(body) ? body : ofQuery(query);
  const dryRun = dryRunOf(textsOf(asked["dryRun"]), "DeleteOptions");
  if (!dryRun.ok) return dryRun;
  const propagation = propagationOf(asked);
  if (!propagation.ok) return propagation;
  const grace = fieldAt(asked, "gracePeriodSeconds") ?? undefined;
  if (grace !== undefined && !Number.isSafeInteger(grace)) {
    return fail(badRequest("gracePeriodSeconds is not a whole number"));
  }
  return done({
    dryRun: dryRun.value,
    // As kube-apiserver: what is negative means at once, but not by force.
    gracePeriodSeconds: typeof grace === "number" ? (grace < 0 ? 1 : grace) : undefined,
    propagationPolicy: propagation.value,
    uid: textAt(asked, "preconditions", "uid"),
    resourceVersion: textAt(asked, "preconditions", "resourceVersion"),
  });
}

function isDeleteBody(body: unknown): boolean {
  if (body === undefined || body === null) return true;
  return isJsonObject(body) && ["", "DeleteOptions"].includes(textAt(body, "kind"));
}

function ofQuery(query: ApiRequest["query"]): Readonly<Record<string, unknown>> {
  const grace = query.get("gracePeriodSeconds")?.[0];
  const orphan = query.get("orphanDependents")?.[0];
  return {
    dryRun: query.get("dryRun") ?? [],
    propagationPolicy: query.get("propagationPolicy")?.[0],
    ...(orphan === undefined ? {} : { orphanDependents: orphan === "true" }),
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
  };
}

function propagationOf(asked: unknown): Outcome<DeleteOptions["propagationPolicy"]> {
  const policy = textAt(asked, "propagationPolicy");
  const orphan = fieldAt(asked, "orphanDependents");
  if (policy === "") {
    if (typeof orphan !== "boolean") return done(undefined);
    return done(orphan ? "Orphan" : "Background");
  }
  if (policy === "Background" || policy === "Foreground" || policy === "Orphan") {
    return done(policy);
  }
  const message = `Unsupported value: "${policy}": ${supportedPolicies}`;
  return fail(optionInvalid("DeleteOptions", "propagationPolicy", message));
}

function dryRunOf(values: readonly string[], kind: string): Outcome<boolean> {
  const wrong = values.find((value) => value !== "All" && value !== "");
  if (wrong === undefined) return done(values.includes("All"));
  const message = `Unsupported value: "${wrong}": supported values: "All"`;
  return fail(optionInvalid(kind, "dryRun", message));
}

function isFieldValidation(text: string): text is WriteOptions["fieldValidation"] {
  return text === "Strict" || text === "Warn" || text === "Ignore";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function optionInvalid(
  kind: string,
  field: string,
  message: string,
  reason = "FieldValueNotSupported",
): ReturnType<typeof invalid> {
  const options = { name: "", kind, group: "meta.k8s.io" };
  return invalid(options, "", [{ reason, field, message }]);
}

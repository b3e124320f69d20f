/** What a LIST or WATCH asks for, read from its query. */
import {
  type KubeObject,
  matches,
  matchesFields,
  parseFieldSelector,
  parseLabelSelector,
  type Resource,
} from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { badRequest, done, fail, invalid, type Outcome } from "./status.ts";

export interface ListOptions {
  /** Whether the object is asked for, by its labels and fields. */
  readonly selects: (object: KubeObject) => boolean;
  readonly hasSelector: boolean;
  /** Items in one answer; 0 for all. */
  readonly limit: number;
  /** Token of a former answer; empty at the start. */
  readonly continueToken: string;
  /** Empty for the newest, `0` for any. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: "" | "Exact" | "NotOlderThan";
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  /** Undefined for the server's own. */
  readonly timeoutSeconds: number | undefined;
}

/** Reads the options of a LIST, or of a WATCH. */
export function listOptionsOf(
  { query }: Pick<ApiRequest, "query">,
  { resource, name }: { readonly resource: Resource; readonly name: string },
  verb: "list" | "watch",
): Outcome<ListOptions> {
  const first = (key: string): string => query.get(key)?.[0] ?? "";
  const selects = selectionOf(resource, first("labelSelector"), first("fieldSelector"));
  if (!selects.ok) return selects;
  const revision = revisionOptions(first("resourceVersion"), first("resourceVersionMatch"));
  if (!revision.ok) return revision;
  const hasSelector = first("labelSelector") !== "" || first("fieldSelector") !== "";
  const options: ListOptions = {
    selects:
      name === ""
        ? selects.value
        : (object) => object.metadata.name === name && selects.value(object),
    hasSelector: hasSelector || name !== "",
    limit: wholeNumber(first("limit")) ?? 0,
    continueToken: first("continue"),
    ...revision.value,
    sendInitialEvents: query.has("sendInitialEvents")
      ? isTrue(first("sendInitialEvents"))
      : undefined,
    allowWatchBookmarks: isTrue(first("allowWatchBookmarks")),
    timeoutSeconds: wholeNumber(first("timeoutSeconds")),
  };
  const wrong = verb === "list" ? wrongList(options) : wrongWatch(options);
  return wrong === undefined ? done(options) : fail(wrong);
}

function revisionOptions(
  resourceVersion: string,
  resourceVersionMatch: string,
): Outcome<Pick<ListOptions, "resourceVersion" | "resourceVersionMatch">> {
  if (!/^\d{0,19}$/u.test(resourceVersion)) {
    const message = `Invalid value: "${resourceVersion}": resource version must be a number`;
    return fail(optionInvalid("resourceVersion", message));
  }
  const isMatch =
    resourceVersionMatch === "" ||
    resourceVersionMatch === "Exact" ||
    resourceVersionMatch === "NotOlderThan";
  if (isMatch) return done({ resourceVersion, resourceVersionMatch });
  const supported = 'supported values: "Exact", "NotOlderThan"';
  const message = `Unsupported value: "${resourceVersionMatch}": ${supported}`;
  return fail(optionInvalid("resourceVersionMatch", message, "FieldValueNotSupported"));
}

type Selection = (object: KubeObject) => boolean;

function selectionOf(resource: Resource, labelText: string, fieldText: string): Outcome<Selection> {
  const labels = parseLabelSelector(labelText);
  if (!labels.ok) return fail(badRequest(labels.message));
  const fields = parseFieldSelector(fieldText, resource);
  if (!fields.ok) return fail(badRequest(fields.message));
  if (labelText === "" && fieldText === "") return done(() => true);
  return done(
    (object) =>
      matches(labels.selector, object.metadata.labels) && matchesFields(fields.selector, object),
  );
}

function wrongList(options: ListOptions): ReturnType<typeof invalid> | undefined {
  const { resourceVersion, resourceVersionMatch, continueToken, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined) {
    return optionForbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
  }
  if (resourceVersionMatch !== "" && continueToken !== "") {
    const why = "resourceVersionMatch is forbidden when continue is provided";
    return optionForbidden("resourceVersionMatch", why);
  }
  if (resourceVersionMatch !== "" && resourceVersion === "") {
    const why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
    return optionForbidden("resourceVersionMatch", why);
  }
  if (resourceVersionMatch === "Exact" && resourceVersion === "0") {
    const why = 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"';
    return optionForbidden("resourceVersionMatch", why);
  }
  return undefined;
}

function wrongWatch(options: ListOptions): ReturnType<typeof invalid> | undefined {
  const { resourceVersionMatch, sendInitialEvents } = options;
  if (sendInitialEvents === undefined && resourceVersionMatch !== "") {
    const why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    return optionForbidden("resourceVersionMatch", why);
  }
  if (sendInitialEvents !== undefined && resourceVersionMatch !== "NotOlderThan") {
    const why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    return optionForbidden("resourceVersionMatch", why);
  }
  return undefined;
}

function optionForbidden(field: string, why: string): ReturnType<typeof invalid> {
  return optionInvalid(field, `Forbidden: ${why}`, "FieldValueForbidden");
}

function optionInvalid(
  field: string,
  message: string,
  reason = "FieldValueInvalid",
): ReturnType<typeof invalid> {
  const kind = { name: "", kind: "ListOptions", group: "meta.k8s.io" };
  return invalid(kind, "", [{ reason, field, message }]);
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return text !== "" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isTrue(text: string): boolean {
  return text === "true" || text === "1";
}

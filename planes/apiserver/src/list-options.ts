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
import { flagIn, wholeIn } from "./query-value.ts";
import {
  badRequest,
  type Cause,
  done,
  fail,
  invalid,
  type Outcome,
  type Status,
} from "./status.ts";

export interface ListOptions {
  /** Whether the object is asked for, by its labels and fields. */
  readonly selects: (object: KubeObject) => boolean;
  readonly hasSelector: boolean;
  /** The one name that {@link selects} takes; empty if it takes several. */
  readonly onlyName: string;
  /** Items in one answer; 0 for all. */
  readonly limit: number;
  /** Token of a former answer; empty at the start. */
  readonly continueToken: string;
  /** Empty for the newest, `0` for any. */
  readonly resourceVersion: string;
  /** `Exact`, `NotOlderThan`, or empty. */
  readonly resourceVersionMatch: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  /** Undefined for the server's own. */
  readonly timeoutSeconds: number | undefined;
}

const optionsKind = { name: "", kind: "ListOptions", group: "meta.k8s.io" };

/** Reads the options of a LIST, or of a WATCH. */
export function listOptionsOf(
  { query }: Pick<ApiRequest, "query">,
  { resource, name }: { readonly resource: Resource; readonly name: string },
  verb: "list" | "watch",
): Outcome<ListOptions> {
  const first = (key: string): string => query.get(key)?.[0] ?? "";
  const selected = selectionOf(resource, first("labelSelector"), first("fieldSelector"));
  if (!selected.ok) return selected;
  const selection = selected.value;
  const resourceVersion = first("resourceVersion");
  const hasSelector = first("labelSelector") !== "" || first("fieldSelector") !== "";
  const { onlyName = name } = selection;
  const numbers = numbersIn(query);
  if (!numbers.ok) return numbers;
  const options: ListOptions = {
    selects:
      name === ""
        ? selection.selects
        : (object) => object.metadata.name === name && selection.selects(object),
    hasSelector: hasSelector || name !== "",
    onlyName,
    ...numbers.value,
    continueToken: first("continue"),
    resourceVersion,
    resourceVersionMatch: first("resourceVersionMatch"),
    sendInitialEvents: flagIn(query, "sendInitialEvents"),
    allowWatchBookmarks: flagIn(query, "allowWatchBookmarks") ?? false,
  };
  const faults = verb === "list" ? wrongList(options) : wrongWatch(options);
  if (faults.length > 0) return fail(invalid(optionsKind, "", faults));
  const fault = revisionFault(resourceVersion);
  return fault === undefined ? done(options) : fail(fault);
}

function numbersIn(
  query: ApiRequest["query"],
): Outcome<Pick<ListOptions, "limit" | "timeoutSeconds">> {
  const limit = wholeIn(query, "limit");
  if (!limit.ok) return limit;
  const timeoutSeconds = wholeIn(query, "timeoutSeconds");
  if (!timeoutSeconds.ok) return timeoutSeconds;
  return done({ limit: Math.max(0, limit.value ?? 0), timeoutSeconds: timeoutSeconds.value });
}

/**
 * A resource version from outside, in the words of etcd's versioner of k8s.io/apiserver; the
 * gateway lets nothing else through.
 */
export function revisionFault(text: string): Status | undefined {
  if (/^\d{0,19}$/u.test(text)) return undefined;
  const quoted = JSON.stringify(text);
  const why = `strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  return badRequest(`invalid resource version: resourceVersion: Invalid value: ${quoted}: ${why}`);
}

interface Selection {
  readonly selects: (object: KubeObject) => boolean;
  /** Undefined if no selector asks for one name. */
  readonly onlyName?: string;
}

function selectionOf(resource: Resource, labelText: string, fieldText: string): Outcome<Selection> {
  const labels = parseLabelSelector(labelText);
  if (!labels.ok) return fail(badRequest(labels.message));
  const fields = parseFieldSelector(fieldText, resource);
  if (!fields.ok) return fail(badRequest(fields.message));
  if (labelText === "" && fieldText === "") return done({ selects: () => true });
  const named = fields.selector.find(({ field, isEqual }) => field === "metadata.name" && isEqual);
  return done({
    selects: (object) =>
      matches(labels.selector, object.metadata.labels) && matchesFields(fields.selector, object),
    ...(named !== undefined && { onlyName: named.value }),
  });
}

/** Source: k8s.io/apimachinery, meta/internalversion/validation. */
function wrongList(options: ListOptions): readonly Cause[] {
  const { resourceVersion, resourceVersionMatch, continueToken, sendInitialEvents } = options;
  const faults: Cause[] = [];
  if (resourceVersionMatch !== "") {
    if (resourceVersion === "") faults.push(matchForbidden("unless resourceVersion is provided"));
    if (continueToken !== "") faults.push(matchForbidden("when continue is provided"));
    if (resourceVersionMatch !== "Exact" && resourceVersionMatch !== "NotOlderThan") {
      faults.push(matchUnsupported(resourceVersionMatch, '"Exact", "NotOlderThan", ""'));
    }
    if (resourceVersionMatch === "Exact" && resourceVersion === "0") {
      const why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
      faults.push(forbidden("resourceVersionMatch", why));
    }
  }
  if (sendInitialEvents !== undefined) {
    faults.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return faults;
}

function wrongWatch(options: ListOptions): readonly Cause[] {
  const { resourceVersionMatch, continueToken, sendInitialEvents } = options;
  const faults: Cause[] = [];
  if (sendInitialEvents !== undefined && resourceVersionMatch !== "NotOlderThan") {
    const why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    faults.push(forbidden("resourceVersionMatch", why));
  }
  if (resourceVersionMatch === "") return faults;
  if (sendInitialEvents === undefined) {
    faults.push(matchForbidden("for watch unless sendInitialEvents is provided"));
  }
  if (resourceVersionMatch !== "NotOlderThan") {
    faults.push(matchUnsupported(resourceVersionMatch, '"NotOlderThan"'));
  }
  if (continueToken !== "") faults.push(matchForbidden("when continue is provided"));
  return faults;
}

function matchForbidden(when: string): Cause {
  return forbidden("resourceVersionMatch", `resourceVersionMatch is forbidden ${when}`);
}

function matchUnsupported(match: string, supported: string): Cause {
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`;
  return { reason: "FieldValueNotSupported", field: "resourceVersionMatch", message };
}

function forbidden(field: string, why: string): Cause {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${why}` };
}

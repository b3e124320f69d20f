/** Rules for containers: sources of values, probes, ports, resources. */
import type { Json, JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, required } from "./cause.ts";
import { entriesAt, isSet, objectsAt, textAt } from "./members.ts";
import { configKeyError, qualifiedNameError } from "./name.ts";
import { compareQuantities, formatQuantity, parseQuantity } from "./quantity.ts";
import { duplicates, type Rule, type Rules } from "./rule.ts";

const handlers = ["exec", "grpc", "httpGet", "sleep", "tcpSocket"];

/** Resources of which a request below the limit makes no sense: they cannot be overcommitted. */
const isExtended = (name: string): boolean =>
  (name.includes("/") && !name.startsWith("kubernetes.io/")) || name.startsWith("hugepages-");

const container: Rule = (object, path) => [
  ...(textAt(object, "image") === "" ? [required(`${path}.image`)] : []),
  ...duplicates(
    objectsAt(object, "ports").map((port, index) => ({
      key: textAt(port, "name"),
      field: `${path}.ports[${index}].name`,
    })),
  ),
  ...mountPathCauses(object, path),
  ...["livenessProbe", "startupProbe"].flatMap((probe) => successCauses(object, path, probe)),
];

const keySelector: Rule = (selector, path) => {
  const error = configKeyError(textAt(selector, "key"));
  const isMissing = textAt(selector, "key") === "";
  return error === undefined || isMissing
    ? []
    : [invalid(`${path}.key`, textAt(selector, "key"), error)];
};

/** What only containers have that were there when the pod began. */
const neverEphemeral = [
  "ports",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
  "resources",
  "resizePolicy",
];

/** Whether anything stands in a member; the defaults fill in an empty object. */
function asks(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isSet(value) && entriesAt({ value }, "value").length > 0;
}

/** Rules by type. */
export const containerRules: Rules = {
  "core.v1.Container": container,
  "core.v1.EphemeralContainer": (object, path) => [
    ...container(object, path),
    ...neverEphemeral
      .filter((member) => asks(object[member]))
      .map((member) => forbidden(`${path}.${member}`, "cannot be set for an Ephemeral Container")),
  ],
  "core.v1.Probe": oneHandler,
  "core.v1.LifecycleHandler": oneHandler,
  "core.v1.ConfigMapKeySelector": keySelector,
  "core.v1.SecretKeySelector": keySelector,
  "core.v1.ResourceRequirements": resourceCauses,
  "core.v1.EnvVar": (variable, path) => {
    const source = variable["valueFrom"];
    if (!isSet(source)) return [];
    const field = `${path}.valueFrom`;
    const sources = entriesAt(variable, "valueFrom").filter(([, value]) => isSet(value));
    if (sources.length === 0) {
      const rule =
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
      return [invalid(field, "", rule)];
    }
    if (textAt(variable, "value") !== "") {
      return [invalid(field, "", "may not be specified when `value` is not empty")];
    }
    return sources.length === 1
      ? []
      : [invalid(field, "", "may not have more than one field specified at a time")];
  },
  "core.v1.EnvFromSource": (source, path) => {
    const sources = ["configMapRef", "secretRef"].filter((member) => isSet(source[member]));
    if (sources.length === 1) return [];
    return sources.length === 0
      ? [invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")]
      : [invalid(path, "", "may not have more than one field specified at a time")];
  },
};

function oneHandler(object: JsonObject, path: string): readonly Cause[] {
  const [first, ...more] = handlers.filter((handler) => isSet(object[handler]));
  if (first === undefined) return [required(path, "must specify a handler type")];
  return more.map((handler) =>
    forbidden(`${path}.${handler}`, "may not specify more than 1 handler type"),
  );
}

function successCauses(object: JsonObject, path: string, probe: string): readonly Cause[] {
  const threshold = objectMember(object, probe)?.["successThreshold"];
  return !isSet(threshold) || threshold === 0 || threshold === 1
    ? []
    : [invalid(`${path}.${probe}.successThreshold`, threshold, "must be 1")];
}

function objectMember(object: JsonObject, member: string): JsonObject | undefined {
  return Object.fromEntries(entriesAt(object, member));
}

function mountPathCauses(object: JsonObject, path: string): readonly Cause[] {
  const seen = new Set<string>();
  return objectsAt(object, "volumeMounts").flatMap((mount, index) => {
    const mountPath = textAt(mount, "mountPath");
    const isTwice = seen.has(mountPath) && mountPath !== "";
    seen.add(mountPath);
    const field = `${path}.volumeMounts[${index}]`;
    const [subPath, expression] = [textAt(mount, "subPath"), textAt(mount, "subPathExpr")];
    const isDoubtful = subPath !== "" && expression !== "";
    const rule = "subPathExpr and subPath are mutually exclusive";
    return [
      ...(isTwice ? [invalid(`${field}.mountPath`, mountPath, "must be unique")] : []),
      ...(isDoubtful ? [invalid(`${field}.subPathExpr`, expression, rule)] : []),
    ];
  });
}

function resourceCauses(object: JsonObject, path: string): readonly Cause[] {
  const limits = new Map(entriesAt(object, "limits"));
  return [
    ...quantityCauses(entriesAt(object, "limits"), `${path}.limits`),
    ...quantityCauses(entriesAt(object, "requests"), `${path}.requests`),
    ...entriesAt(object, "requests").flatMap(([name, request]) =>
      overLimitCauses({ name, request, limit: limits.get(name), field: `${path}.requests` }),
    ),
  ];
}

function quantityCauses(
  quantities: readonly (readonly [string, Json])[],
  field: string,
): readonly Cause[] {
  return quantities.flatMap(([name, value]) => {
    const nameError = qualifiedNameError(name);
    const quantity = parseQuantity(value);
    return [
      ...(nameError === undefined ? [] : [invalid(`${field}[${name}]`, name, nameError)]),
      ...(quantity !== undefined && quantity.nano < 0n
        ? [invalid(`${field}[${name}]`, value, "must be greater than or equal to 0")]
        : []),
    ];
  });
}

interface RequestAndLimit {
  readonly name: string;
  readonly request: Json;
  readonly limit: Json | undefined;
  readonly field: string;
}

function overLimitCauses({ name, request, limit, field }: RequestAndLimit): readonly Cause[] {
  const [asked, most] = [parseQuantity(request), parseQuantity(limit)];
  if (asked === undefined || most === undefined) return [];
  const order = compareQuantities(asked, most);
  if (order > 0) {
    const rule = `must be less than or equal to ${name} limit of ${formatQuantity(most)}`;
    return [invalid(field, formatQuantity(asked), rule)];
  }
  if (order === 0 || !isExtended(name)) return [];
  const rule = `must be equal to ${name} limit of ${formatQuantity(most)}`;
  return [invalid(field, formatQuantity(asked), rule)];
}

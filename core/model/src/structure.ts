/**
 * Whether JSON has the shape that the schema says: the right type in every field. Rules that
 * look at values may rely on it.
 */
import { isJsonObject, type Json, type JsonObject, objectLimits } from "@beemesh/wire";
import { type Cause, invalid, required, typeInvalid } from "./cause.ts";
import { isSet, memberPath } from "./members.ts";
import { parseQuantity } from "./quantity.ts";
import { type Field, type TypeSchema, typeNamed } from "./schema.ts";
import { parseTime } from "./time-text.ts";
import { valuesOf } from "./walk.ts";

/** An object with more wrong fields is nonsense as a whole; it bounds the answer. */
export const causesMax = 100;

/** A field of the wrong type, and where it stands. */
export interface StructureFault {
  readonly cause: Cause;
  /** What has the field; undefined if the object is too deep to look further. */
  readonly holder?: TypeSchema;
  readonly field?: Field;
  readonly value: Json;
}

/** The fields of an object, and of all in it, that are of the wrong type. */
export function structureCauses(type: TypeSchema, object: JsonObject): readonly Cause[] {
  return structureFaults(type, object, causesMax).map(({ cause }) => cause);
}

/** The first such fields, at most so many. */
export function structureFaults(
  type: TypeSchema,
  object: JsonObject,
  most: number,
): readonly StructureFault[] {
  const faults: StructureFault[] = [];
  checkObject({ type, object, path: "", depth: 0 }, { faults, most });
  return faults;
}

interface Findings {
  readonly faults: StructureFault[];
  readonly most: number;
}

/**
 * The fields that must be set and are not, empty text included. Statuses are left out: they are
 * written by machines, in steps.
 */
export function requiredCauses(
  type: TypeSchema,
  object: JsonObject,
  path: string,
): readonly Cause[] {
  if (path === "status" || path.startsWith("status.") || path.startsWith("metadata.managed")) {
    return [];
  }
  return [...type.members.values()]
    .filter((field) => field.isRequired && !mayBeMissing.has(`${type.name}.${field.name}`))
    .filter(({ name }) => isEmpty(name, object[name]))
    .map(({ name }) => required(memberPath(path, name)));
}

/**
 * Required in documents, yet answered by Kubernetes itself if they are missing, or empty: a kubelet
 * makes the CSINode of its machine before there is a driver.
 */
const mayBeMissing = new Set([
  "batch.v1.PodFailurePolicy.rules",
  "discovery.v1.EndpointSlice.endpoints",
  "storage.v1.CSINodeSpec.drivers",
]);

function isEmpty(name: string, value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return !isSet(value) || (value === "" && name !== "value");
}

interface Place {
  readonly type: TypeSchema;
  readonly object: JsonObject;
  readonly path: string;
  readonly depth: number;
}

function checkObject({ type, object, path, depth }: Place, findings: Findings): void {
  const { faults, most } = findings;
  if (depth > objectLimits.depthMax) {
    const cause = invalid(path, "…", `must not nest deeper than ${objectLimits.depthMax}`);
    faults.push({ cause, value: null });
    return;
  }
  for (const [member, value] of Object.entries(object)) {
    const field = type.members.get(member);
    if (faults.length >= most) return;
    if (field === undefined || !isSet(value)) continue;
    const fieldPath = memberPath(path, member);
    const cause = shapeCauseOf(field, value, fieldPath);
    if (cause !== undefined) faults.push({ cause, holder: type, field, value });
    for (const each of valuesOf(field, value, fieldPath)) {
      checkValue({ holder: type, field, depth, ...each }, findings);
    }
  }
}

function shapeCauseOf(field: Field, value: Json, path: string): Cause | undefined {
  if (field.shape === "list" && !Array.isArray(value)) return typeInvalid(path, value, "array");
  if (field.shape === "map" && !isJsonObject(value)) return typeInvalid(path, value, "object");
  return undefined;
}

interface ValuePlace {
  readonly holder: TypeSchema;
  readonly field: Field;
  readonly value: Json;
  readonly path: string;
  readonly depth: number;
}

function checkValue(place: ValuePlace, findings: Findings): void {
  const { holder, field, value, path, depth } = place;
  if (findings.faults.length >= findings.most) return;
  const inner = typeNamed(field.type);
  if (inner !== undefined && isJsonObject(value)) {
    checkObject({ type: inner, object: value, path, depth: depth + 1 }, findings);
    return;
  }
  const cause = valueCauseOf(field, inner, value, path);
  if (cause !== undefined) findings.faults.push({ cause, holder, field, value });
}

/** What is wrong with a value that is no object of a known type. */
function valueCauseOf(
  field: Field,
  inner: TypeSchema | undefined,
  value: Json,
  path: string,
): Cause | undefined {
  if (inner === undefined) {
    const isNothing = value === null && field.shape === "map";
    return isNothing ? undefined : scalars[field.type]?.(value, path);
  }
  // A union may have its other form: a truth value or a list.
  return unions[inner.name]?.(value) === true ? undefined : typeInvalid(path, value, "object");
}

/** Types whose JSON is a schema or something else: whether a value is the something else. */
const unions: Readonly<Record<string, (value: Json) => boolean>> = {
  "apiextensions.v1.JSONSchemaPropsOrArray": (value) => Array.isArray(value),
  "apiextensions.v1.JSONSchemaPropsOrBool": (value) => typeof value === "boolean",
  "apiextensions.v1.JSONSchemaPropsOrStringArray": (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string"),
};

type ScalarCheck = (value: Json, path: string) => Cause | undefined;

function scalar(expected: string, isRight: (value: Json) => boolean): ScalarCheck {
  return (value, path) => (isRight(value) ? undefined : typeInvalid(path, value, expected));
}

const isText = (value: Json): value is string => typeof value === "string";
const isTime = (value: Json): boolean => isText(value) && parseTime(value) !== undefined;
const isInt32 = (value: Json): boolean =>
  Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 2 ** 31;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;
const durationPattern = /^[+-]?(?:0|(?:\d{1,18}(?:\.\d{0,9})?(?:ns|us|µs|ms|s|m|h))+)$/u;

const scalars: Readonly<Record<string, ScalarCheck>> = {
  string: scalar("string", isText),
  bool: scalar("boolean", (value) => typeof value === "boolean"),
  int32: scalar("integer", isInt32),
  int64: scalar("integer", (value) => Number.isSafeInteger(value)),
  double: scalar("number", (value) => typeof value === "number"),
  IntOrString: scalar("integer or string", (value) => isText(value) || isInt32(value)),
  Time: scalar("date-time string", isTime),
  MicroTime: scalar("date-time string", isTime),
  FieldsV1: scalar("object", isJsonObject),
  RawExtension: scalar("object", isJsonObject),
  Duration: scalar("duration string", (value) => isText(value) && durationPattern.test(value)),
  bytes: scalar(
    "base64 string",
    (value) => isText(value) && base64Pattern.test(value.replaceAll(/[\r\n]/gu, "")),
  ),
  Quantity: (value, path) => {
    if (typeof value !== "string" && typeof value !== "number") {
      return typeInvalid(path, value, "string or number");
    }
    const rule =
      "quantities must match the regular expression " +
      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    return parseQuantity(value) === undefined ? invalid(path, value, rule) : undefined;
  },
};

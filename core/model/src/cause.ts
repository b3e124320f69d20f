/**
 * Why an object is refused, field by field, in the words of kube-apiserver: they go into the
 * causes of an `Invalid` status, where people and tools look for them.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */

/** What is wrong with a field, for programs. */
export type CauseReason =
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueInvalid"
  | "FieldValueNotFound"
  | "FieldValueNotSupported"
  | "FieldValueRequired"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid";

/** One thing that is wrong with an object. */
export interface Cause {
  readonly reason: CauseReason;
  /** Such as `spec.template.spec.containers[0].image`. */
  readonly field: string;
  /** For people; does not name the field. */
  readonly message: string;
}

/** Values in messages are cut here, so that a huge value gives no huge answer. */
const valueLengthMax = 256;

/** The field must be set. */
export function required(field: string, detail = ""): Cause {
  return { reason: "FieldValueRequired", field, message: withDetail("Required value", detail) };
}

/** The value breaks a rule. */
export function invalid(field: string, value: unknown, detail: string): Cause {
  const message = withDetail(`Invalid value: ${valueText(value)}`, detail);
  return { reason: "FieldValueInvalid", field, message };
}

/** The value is not one of the few that there are. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): Cause {
  const list = supported
    .toSorted()
    .map((each) => JSON.stringify(each))
    .join(", ");
  const message = `Unsupported value: ${valueText(value)}: supported values: ${list}`;
  return { reason: "FieldValueNotSupported", field, message };
}

/** Another item has the same key. */
export function duplicate(field: string, value: unknown): Cause {
  return {
    reason: "FieldValueDuplicate",
    field,
    message: `Duplicate value: ${valueText(value)}`,
  };
}

/** The field may not be set here, or not be changed. */
export function forbidden(field: string, detail: string): Cause {
  return { reason: "FieldValueForbidden", field, message: withDetail("Forbidden", detail) };
}

/** The value names something that the object does not have. */
export function notFound(field: string, value: unknown): Cause {
  return { reason: "FieldValueNotFound", field, message: `Not found: ${valueText(value)}` };
}

/** The value has more than `bytesMax` bytes. */
export function tooLong(field: string, bytesMax: number): Cause {
  const message = `Too long: may not be more than ${bytesMax} bytes`;
  return { reason: "FieldValueTooLong", field, message };
}

/** The list has more than `itemsMax` items. */
export function tooMany(field: string, length: number, itemsMax: number): Cause {
  const message = `Too many: ${length}: must have at most ${itemsMax} items`;
  return { reason: "FieldValueTooMany", field, message };
}

/** The value is of another JSON type than the field. */
export function typeInvalid(field: string, value: unknown, expected: string): Cause {
  const found = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
  const message = `Invalid value: "${found}": ${field} in body must be of type ${expected}`;
  return { reason: "FieldValueTypeInvalid", field, message };
}

/** The causes as one sentence, as the message of a status lists them. */
export function causesText(causes: readonly Cause[]): string {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

function withDetail(text: string, detail: string): string {
  return detail === "" ? text : `${text}: ${detail}`;
}

function valueText(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax)}…` : text;
}

/** Rules for what carries data: ConfigMaps, Secrets. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, invalid, required, tooLong } from "./cause.ts";
import { entriesAt, textAt, textOf } from "./members.ts";
import { configKeyError } from "./name.ts";
import type { Rules } from "./rule.ts";

/** Kubernetes takes this much in one ConfigMap or Secret. */
const dataBytesMax = 1_048_576;

/** Keys that a Secret of a type must have. */
const secretKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ["kubernetes.io/dockercfg", [".dockercfg"]],
  ["kubernetes.io/dockerconfigjson", [".dockerconfigjson"]],
  ["kubernetes.io/ssh-auth", ["ssh-privatekey"]],
  ["kubernetes.io/tls", ["tls.crt", "tls.key"]],
]);

/** Rules by type. */
export const dataRules: Rules = {
  "core.v1.ConfigMap": (object) => [
    ...dataCauses(object, "data"),
    ...dataCauses(object, "binaryData"),
    ...entriesAt(object, "binaryData").flatMap(([key]) =>
      Object.hasOwn(Object.fromEntries(entriesAt(object, "data")), key)
        ? [invalid(`data[${key}]`, key, "duplicate of key present in binaryData")]
        : [],
    ),
    ...sizeCauses([...entriesAt(object, "data"), ...entriesAt(object, "binaryData")]),
  ],
  "core.v1.Secret": (object) => {
    const keys = new Set(
      [...entriesAt(object, "data"), ...entriesAt(object, "stringData")].map(([key]) => key),
    );
    return [
      ...dataCauses(object, "data"),
      ...dataCauses(object, "stringData"),
      ...sizeCauses([...entriesAt(object, "data"), ...entriesAt(object, "stringData")]),
      ...(secretKeys.get(textAt(object, "type")) ?? [])
        .filter((key) => !keys.has(key))
        .map((key) => required(`data[${key}]`)),
    ];
  },
};

function dataCauses(object: JsonObject, member: string): readonly Cause[] {
  return entriesAt(object, member).flatMap(([key]) => {
    const error = configKeyError(key);
    return error === undefined ? [] : [invalid(`${member}[${key}]`, key, error)];
  });
}

function sizeCauses(entries: readonly (readonly [string, unknown])[]): readonly Cause[] {
  const length = entries.reduce((sum, [, value]) => sum + textOf(value).length, 0);
  // Base64 is four characters for three bytes; the margin is for text that is not.
  return length > (dataBytesMax * 4) / 3 ? [tooLong("data", dataBytesMax)] : [];
}

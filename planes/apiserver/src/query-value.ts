/**
 * What stands in a query, read as Kubernetes reads it.
 *
 * Source: k8s.io/apimachinery, runtime/conversion.go, and Go's strconv.
 */
import type { ApiRequest } from "@beemesh/ports";
import { badRequest, done, fail, type Outcome } from "./status.ts";

type Query = ApiRequest["query"];

/** Whole numbers have 64 bits. */
const wholeMax = 2n ** 63n - 1n;

/** A flag: everything but `0` and `false` is true; undefined if it is not there. */
export function flagIn(query: Query, key: string): boolean | undefined {
  const text = query.get(key)?.[0];
  return text === undefined ? undefined : !["0", "false"].includes(text.toLowerCase());
}

/** A whole number; undefined if it is not there. */
export function wholeIn(query: Query, key: string): Outcome<number | undefined> {
  const text = query.get(key)?.[0];
  if (text === undefined) return done(undefined);
  const why = /^[+-]?\d+$/u.test(text) ? rangeFault(text) : "invalid syntax";
  if (why === undefined) return done(Number(text));
  return fail(badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`));
}

function rangeFault(text: string): string | undefined {
  const value = BigInt(text.replace("+", ""));
  const isIn = value <= wholeMax && value >= -wholeMax - 1n;
  return isIn ? undefined : "value out of range";
}

/**
 * Where entries of `managedFields` are kept: with the part of the object that they speak of. A
 * status is written by others than the rest of its object, and its managers go with it.
 */
import { isJsonObject } from "@beemesh/wire";
import { compareEntries } from "./manager.ts";

/** The entries of an object by the part that they belong to. */
export interface SplitAccount {
  readonly ofSpec: readonly unknown[];
  readonly ofStatus: readonly unknown[];
}

/** Takes the entries of an object apart. */
export function splitAccount(managedFields: readonly unknown[] = []): SplitAccount {
  const groups = Map.groupBy(managedFields, isOfStatus);
  return { ofSpec: groups.get(false) ?? [], ofStatus: groups.get(true) ?? [] };
}

/** The entries of both parts together, as clients see them. */
export function joinAccounts(
  ofSpec: readonly unknown[] = [],
  ofStatus: readonly unknown[] = [],
): readonly unknown[] {
  if (ofStatus.length === 0) return ofSpec;
  return [...ofSpec, ...ofStatus].toSorted(compareEntries);
}

function isOfStatus(entry: unknown): boolean {
  return isJsonObject(entry) && entry["subresource"] === "status";
}

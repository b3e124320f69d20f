import { parseQuantity } from "@beemesh/model";

/** The amount that a quantity tells in its unit (cores, bytes), such as 0.25 for `250m`. */
export function amountOf(quantity: unknown): number | undefined {
  const parsed = parseQuantity(quantity);
  return parsed === undefined ? undefined : Number(parsed.nano) / 1e9;
}

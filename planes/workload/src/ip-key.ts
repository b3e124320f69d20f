import { addressOf } from "@beemesh/policy";

/**
 * An address in the one form that addresses are compared in: IPv4 as it is, also where it is
 * written as IPv6; IPv6 as its number. Undefined for what is no address.
 */
export function ipKey(text: string): string | undefined {
  const address = addressOf(text);
  if (address === undefined) return undefined;
  if (address.bits === 128) return `6:${address.value.toString(16)}`;
  const value = Number(address.value);
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join(".");
}

/** Whether the text is an address of IPv6, not an IPv4 address in its clothes. */
export function isSix(text: string): boolean {
  return ipKey(text)?.startsWith("6:") ?? false;
}

import { assert, hashOf } from "@beemesh/base";

/** Kubernetes' own default range for addresses of Services. */
export const serviceCidrDefault = "10.96.0.0/12";

/** The first addresses of a range are left for those that people choose, as for DNS. */
const reservedCount = 256;

/**
 * The address of a Service in the range: computed from its name, so that all who allocate it give
 * the same; the next free one if that is taken.
 *
 * @param key - `<namespace>/<name>`.
 * @param taken - The addresses of all other Services.
 * @param cidr - A range of IPv4, /8 to /22.
 * @returns undefined if the range is full.
 */
export function clusterAddressOf(
  key: string,
  taken: ReadonlySet<string>,
  cidr: string = serviceCidrDefault,
): string | undefined {
  const { base, size } = rangeOf(cidr);
  const usable = size - reservedCount - 1;
  const first = hashOf(key) % usable;
  for (let step = 0; step <= Math.min(taken.size, usable - 1); step += 1) {
    const address = textOf(base + reservedCount + ((first + step) % usable));
    if (!taken.has(address)) return address;
  }
  return undefined;
}

function rangeOf(cidr: string): { readonly base: number; readonly size: number } {
  const [, a, b, c, d, bits] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/u.exec(cidr) ?? [];
  const prefix = Number(bits);
  assert(prefix >= 8 && prefix <= 22, "the range of Services is an IPv4 range, /8 to /22");
  const size = 2 ** (32 - prefix);
  const address = [a, b, c, d].reduce((sum, part) => sum * 256 + Number(part), 0);
  return { base: Math.floor(address / size) * size, size };
}

function textOf(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}

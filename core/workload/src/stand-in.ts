import { hashOf } from "@beemesh/base";

/**
 * Addresses that stand in for what has none in the mesh, so that a program that only knows
 * addresses can call it: 198.18.0.0/16 for names outside the mesh, 198.19.0.0/16 for programs
 * outside containers. The range is for benchmarks of network devices and is routed nowhere.
 *
 * Source: RFC 2544, appendix C.2.2; RFC 6890.
 */
export type StandInFor = "name" | "program";

const bases = { name: "198.18", program: "198.19" } as const;

/** Addresses of each kind: neither the first nor the last of its range. */
const standInsCount = 65_534;

/**
 * The address that stands in for a name, or for the ExternalWorkload of a uid: everybody computes
 * the same.
 *
 * @param seed - Another one if the address is taken, from 0.
 */
export function standInOf(what: StandInFor, text: string, seed = 0): string {
  const index = 1 + (hashOf(text, seed) % standInsCount);
  return `${bases[what]}.${Math.floor(index / 256)}.${index % 256}`;
}

/** What an address stands in for; undefined if it is an address of its own. */
export function standsInFor(ip: string): StandInFor | undefined {
  if (ip.startsWith(`${bases.name}.`)) return "name";
  return ip.startsWith(`${bases.program}.`) ? "program" : undefined;
}

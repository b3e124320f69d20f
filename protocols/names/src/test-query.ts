/** Queries as resolvers write them: what the name server is tried with. */

/** What a query says; the rest is as most resolvers have it. */
export interface QueryText {
  readonly id?: number;
  readonly flags?: number;
  readonly type?: number;
  readonly class?: number;
  /** Bytes that the asker takes in a datagram; no OPT record without it. */
  readonly payload?: number;
  /** Of EDNS. */
  readonly version?: number;
}

/** The bytes of a query for a name. */
export function queryBytes(name: string, text: QueryText = {}): Uint8Array {
  const { id = 7, flags = 0x01_00, type = 1, class: of = 1, payload, version = 0 } = text;
  const labels = name === "" ? [] : name.split(".");
  const opt = payload === undefined ? [] : [0, 0, 41, ...two(payload), 0, version, 0, 0, 0, 0];
  return Uint8Array.from([
    ...[id, flags, 1, 0, 0, payload === undefined ? 0 : 1].flatMap(two),
    ...labels.flatMap((label) => [label.length, ...label.split("").map((c) => c.charCodeAt(0))]),
    0,
    ...two(type),
    ...two(of),
    ...opt,
  ]);
}

function two(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

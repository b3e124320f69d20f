import fc from "fast-check";
import type { Datagram } from "./datagram.ts";

/** Datagrams of both families, for tests. */
export const datagrams: fc.Arbitrary<Datagram> = fc
  .constantFrom(
    fc.ipV4(),
    fc.constantFrom("::1", "fdbe:e000::1:2:3:4", "2001:db8::", "fe80::1:0:0:1", "ff02::fb"),
  )
  .chain((address) =>
    fc.record(
      {
        source: address,
        sourcePort: fc.nat(65_535),
        target: address,
        targetPort: fc.nat(65_535),
        payload: fc.uint8Array({ maxLength: 100 }),
      },
      { noNullPrototype: true },
    ),
  );

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
}

/** A datagram of each family, such as pods send. */
export const query4: Datagram = {
  source: "10.1.2.3",
  sourcePort: 40_000,
  target: "10.96.0.10",
  targetPort: 53,
  payload: bytesOf("query"),
};
export const query6: Datagram = { ...query4, source: "fdbe:e000::1", target: "2001:db8::53" };

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCarrierRefusal, readOpening } from "./opening.ts";

const opening = { protocol: "tcp", port: 80, service: "shop/web:80", traceparent: "00-1-2-01" };

describe("readOpening", () => {
  for (const wanted of [
    opening,
    { ...opening, protocol: "udp", port: 65_535, service: "", traceparent: "" },
    { ...opening, protocol: "watch" },
  ])
    test(`reads ${wanted.protocol} ${wanted.port}`, () => {
      assert.deepEqual(readOpening(JSON.stringify(wanted)), wanted);
    });

  for (const [what, text] of [
    ["no JSON", "{"],
    ["a list", "[]"],
    ["another protocol", JSON.stringify({ ...opening, protocol: "sctp" })],
    ["port 0", JSON.stringify({ ...opening, port: 0 })],
    ["half a port", JSON.stringify({ ...opening, port: 1.5 })],
    ["a port over 65,535", JSON.stringify({ ...opening, port: 65_536 })],
    ["no service", JSON.stringify({ ...opening, service: undefined })],
    ["a long service", JSON.stringify({ ...opening, service: "x".repeat(513) })],
    ["a trace that is no text", JSON.stringify({ ...opening, traceparent: 1 })],
    ["a long trace", JSON.stringify({ ...opening, traceparent: "x".repeat(513) })],
  ] as const)
    test(`refuses ${what}`, () => assert.equal(readOpening(text), undefined));
});

describe("readCarrierRefusal", () => {
  test("reads a cause and a reason", () => {
    const refusal = { cause: "policy", reason: "no rule allows it" };
    assert.deepEqual(readCarrierRefusal(JSON.stringify(refusal)), refusal);
  });

  for (const text of [
    "null",
    '{"cause":"Policy","reason":""}',
    '{"cause":"","reason":""}',
    '{"cause":"policy"}',
    `{"cause":"policy","reason":"${"x".repeat(513)}"}`,
  ])
    test(`refuses ${text.slice(0, 40)}`, () => assert.equal(readCarrierRefusal(text), undefined));
});

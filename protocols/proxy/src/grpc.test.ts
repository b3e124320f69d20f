import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  grpcOutcome,
  grpcStatusCode,
  grpcStatusName,
  grpcTimeoutMs,
  isGrpcFailure,
  isGrpcType,
} from "./grpc.ts";

describe("grpcTimeoutMs (gRPC, PROTOCOL-HTTP2.md)", () => {
  for (const [text, ms] of [
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3000],
    ["250m", 250],
    ["1u", 1],
    ["5000000n", 5],
    ["0S", 0],
    ["99999999H", 359_999_996_400_000],
  ] as const)
    test(`reads ${text}`, () => assert.equal(grpcTimeoutMs(text), ms));

  for (const text of ["", "1", "S", "-1S", "1.5S", "123456789S", "1s", " 1S", "1S "])
    test(`refuses ${JSON.stringify(text)}`, () => assert.equal(grpcTimeoutMs(text), undefined));

  test("gives a whole number that is not negative, or nothing, for any text", () => {
    const digits = fc.stringMatching(/^[0-9]{0,9}[HMSmunx]?$/u);
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(fc.string(), digits), (text) => {
        const ms = grpcTimeoutMs(text);
        if (ms === undefined) return;
        read += 1;
        assert(Number.isSafeInteger(ms) && ms >= 0);
      }),
    );
    assert(read > 5);
  });
});

describe("a status of gRPC", () => {
  test("has a name, and an unknown one is UNKNOWN", () => {
    assert.equal(grpcStatusName("14"), "UNAVAILABLE");
    for (const text of ["", "17", "-1", "1e1", "014"])
      assert.equal(grpcStatusName(text), "UNKNOWN");
    for (let code = 0; code <= 16; code += 1) {
      assert.equal(grpcStatusCode(grpcStatusName(String(code))), String(code));
    }
  });

  test("speaks for or against the endpoint", () => {
    assert.equal(grpcOutcome("UNAVAILABLE"), "gateway");
    assert.equal(grpcOutcome("INTERNAL"), "serverError");
    for (const name of ["OK", "NOT_FOUND", "CANCELLED"] as const) {
      assert.equal(grpcOutcome(name), "ok");
      assert(!isGrpcFailure(name));
    }
    assert(isGrpcFailure("DEADLINE_EXCEEDED") && isGrpcFailure("UNKNOWN"));
  });

  test("comes only with a content type of gRPC", () => {
    for (const type of ["application/grpc", "application/grpc+proto", "Application/gRPC;x=y"]) {
      assert(isGrpcType(type), type);
    }
    for (const type of ["", "application/grpc-web", "text/plain"]) assert(!isGrpcType(type), type);
  });
});

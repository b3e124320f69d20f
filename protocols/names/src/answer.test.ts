import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NameRecord } from "@beemesh/workload";
import fc from "fast-check";
import { type Answer, answerBytes } from "./answer.ts";
import { readQuery, responseCodes } from "./query.ts";
import { readReply } from "./reply-reader.ts";
import { type QueryText, queryBytes } from "./test-query.ts";

const name = "web.shop.svc.cluster.local";
const address = (last: number): NameRecord => ({ type: "A", name, address: `10.0.0.${last}` });
const found = (...records: readonly NameRecord[]): Answer => ({
  status: "found",
  ttlSeconds: 5,
  records,
});

function bytesOf(answer: Answer, text: QueryText & { readonly size?: number } = {}, turn = 0) {
  const query = readQuery(queryBytes(name, text));
  assert(query);
  return answerBytes(query, answer, { sizeMax: text.size ?? query.payloadMax, rotation: turn });
}

function replyTo(answer: Answer, text: QueryText & { readonly size?: number } = {}, turn = 0) {
  const reply = readReply(bytesOf(answer, text, turn));
  assert(reply);
  return reply;
}

describe("answerBytes", () => {
  test("is byte by byte what RFC 1035 says", () => {
    const query = readQuery(queryBytes("a.bc", { id: 0x1234 }));
    assert(query);
    const records = [{ type: "A", name: "a.bc", address: "10.0.0.1" }] as const;
    const bytes = answerBytes(query, { status: "found", ttlSeconds: 5, records }, { sizeMax: 512 });
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    assert.equal(
      hex,
      // id, QR AA RD RA, counts; question; pointer to it, A, IN, 5 s, 4 bytes.
      "1234" +
        "8580" +
        "0001000100000000" +
        "016102626300" +
        "00010001" +
        "c00c" +
        "00010001" +
        "00000005" +
        "0004" +
        "0a000001",
    );
  });

  test("says the question back in its own case, as resolvers that mix cases check", () => {
    const query = readQuery(queryBytes("WeB.sHop.svc.cluster.local"));
    assert(query);
    const bytes = answerBytes(query, found(address(1)), { sizeMax: 512 });
    assert.deepEqual(bytes.slice(12, 12 + query.question.length), query.question);
    assert.equal(readReply(bytes)?.answers[0]?.name, "WeB.sHop.svc.cluster.local");
  });

  test("carries every type of record", () => {
    const six: NameRecord = { type: "AAAA", name, address: "fd00::1" };
    assert.deepEqual(replyTo(found(six), { type: 28 }).answers, [six]);
    const alias: NameRecord = { type: "CNAME", name, target: "db.example.com" };
    const real: NameRecord = { type: "A", name: "db.example.com", address: "198.18.0.1" };
    assert.deepEqual(replyTo(found(alias, real)).answers, [alias, real]);
    const service: NameRecord = {
      type: "SRV",
      name,
      target: "a.web.shop.svc.cluster.local",
      port: 80,
      priority: 0,
      weight: 100,
    };
    const beside: NameRecord = { type: "A", name: service.target, address: "10.0.0.9" };
    const reply = replyTo(found(service, beside), { type: 33 });
    assert.deepEqual([reply.answers, reply.additional], [[service], [beside]]);
    assert.deepEqual(reply.ttls, [5, 5]);
  });

  test("tells a name without such records from no name, refusal and failure", () => {
    assert.deepEqual([replyTo(found()).code, replyTo(found()).answers], [0, []]);
    for (const status of ["absent", "refused", "failed"] as const) {
      const reply = replyTo({ status, ttlSeconds: 5, records: [address(1)] });
      assert.equal(reply.code, responseCodes[status]);
      assert.deepEqual(reply.answers, []);
      assert.equal(reply.isAuthoritative, status === "absent");
    }
  });

  test("answers a query that is wrong with its code, also beyond four bits", () => {
    const version = replyTo(found(address(1)), { payload: 512, version: 3 });
    assert.deepEqual([version.code, version.answers], [responseCodes.version, []]);
    assert.equal(replyTo(found(), { flags: 0x28_00 }).code, responseCodes.unimplemented);
  });

  test("turns addresses round, so that each comes first in its turn", () => {
    const three = found(address(1), address(2), address(3));
    const firsts = [0, 1, 2, 3, -1].map((turn) => replyTo(three, {}, turn).answers[0]);
    assert.deepEqual(firsts, [1, 2, 3, 1, 3].map(address));
  });

  test("leaves out by whole records what does not fit, and says so", () => {
    const many = found(...Array.from({ length: 250 }, (_, index) => address(index)));
    const small = replyTo(many);
    assert(small.isTruncated);
    // (512 - header - question) / 16 for each record that points to the question's name.
    assert.equal(small.answers.length, Math.floor((512 - 12 - 32) / 16));
    const larger = bytesOf(many, { payload: 1232 });
    assert(larger.length <= 1232 && larger.length > 1200);
    assert.equal(readReply(larger)?.payloadMax, 1232);
    const whole = replyTo(many, { size: 65_535 });
    assert(!whole.isTruncated);
    assert.equal(whole.answers.length, 250);
  });

  test("needs no TC for what stands only beside the answer (RFC 2181, section 9)", () => {
    const service: NameRecord = {
      type: "SRV",
      name,
      target: name,
      port: 80,
      priority: 0,
      weight: 100,
    };
    const beside = Array.from({ length: 100 }, (_, index) => address(index));
    const reply = replyTo(found(service, ...beside), { type: 33 });
    assert(!reply.isTruncated);
    assert(reply.additional.length > 10 && reply.additional.length < 100);
  });

  test("leaves out a record that is malformed, and goes on", () => {
    const bad: readonly NameRecord[] = [
      { type: "A", name, address: "10.0.0.300" },
      { type: "A", name, address: "fd00::1" },
      { type: "A", name: `${"x".repeat(64)}.a`, address: "10.0.0.1" },
      { type: "CNAME", name, target: "a..b" },
    ];
    const reply = replyTo(found(...bad, address(1)));
    assert.deepEqual([reply.answers, reply.isTruncated], [[address(1)], false]);
  });

  test("fits and can be read whatever the records are", () => {
    const label = fc.constantFrom("a", "web", "shop", "svc", "x".repeat(63));
    const text = fc
      .array(label, { minLength: 1, maxLength: 6 })
      .map((labels) => labels.join("."))
      .filter(({ length }) => length <= 253);
    const record: fc.Arbitrary<NameRecord> = fc.oneof(
      fc.record({ type: fc.constant("A" as const), name: text, address: fc.ipV4() }),
      fc.record({ type: fc.constant("AAAA" as const), name: text, address: fc.ipV6() }),
      fc.record({ type: fc.constant("CNAME" as const), name: text, target: text }),
      fc.record({
        type: fc.constant("SRV" as const),
        name: text,
        target: text,
        port: fc.nat(65_535),
        priority: fc.nat(65_535),
        weight: fc.nat(65_535),
      }),
    );
    const size = fc.integer({ min: 512, max: 3000 });
    const type = fc.constantFrom(1, 5, 28, 33, 255);
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), size, type, (records, sizeMax, of) => {
        const bytes = bytesOf(found(...records), { size: sizeMax, type: of, payload: 900 });
        assert(bytes.length <= sizeMax);
        const reply = readReply(bytes);
        assert(reply);
        const count = reply.answers.length + reply.additional.length;
        assert(reply.isTruncated || count <= records.length);
        if (sizeMax > 2900 && records.length < 8 && !reply.isTruncated && of === 255) {
          assert.equal(reply.answers.length, records.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});

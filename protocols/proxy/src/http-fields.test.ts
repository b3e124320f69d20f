import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { headersMax, readFields } from "./http-fields.ts";

const read = (lines: string): ReturnType<typeof readFields> =>
  readFields(bytesOf(`${lines}\r\n`), 0);

describe("readFields", () => {
  test("gathers what matters to a proxy", () => {
    const facts = read(
      "HOST: Shop:80\r\nContent-Length: 12\r\nConnection: Keep-Alive\r\nconnection: Upgrade\r\n" +
        "Upgrade: WebSocket\r\nExpect: 100-Continue\r\nTE: trailers\r\ntraceparent: 00-x\r\n",
    );
    assert(!("reason" in facts));
    const { fields, ...others } = facts;
    assert.equal(fields.length, 8 * 4);
    assert.deepEqual(others, {
      hosts: 1,
      host: "Shop:80",
      lengths: 1,
      contentLength: 12,
      codings: 0,
      coding: "",
      connection: ",keep-alive,upgrade",
      upgrade: "websocket",
      expect: "100-continue",
      te: "trailers",
      traceparents: 1,
      traceparent: "00-x",
      fault: undefined,
    });
  });

  test("trims what stands around a value, and nothing in it", () => {
    const facts = read("Host:   a\tb  \r\nTransfer-Encoding: chunked\t\r\n");
    assert(!("reason" in facts));
    assert.equal(facts.host, "a\tb");
    assert.equal(facts.coding, "chunked\t", "which is no coding");
    const empty = read("Host:\r\n");
    assert(!("reason" in empty));
    assert.equal(empty.host, "");
  });

  for (const [what, lines, reason] of [
    ["a space before the colon", "Host : a\r\n", "malformed field name"],
    ["no colon", "Host\r\n", "malformed field name"],
    ["no name", ": a\r\n", "malformed field name"],
    ["a folded line (obs-fold)", "A: b\r\n c\r\n", "malformed field name"],
    ["a tab in front", "\tA: b\r\n", "malformed field name"],
    ["a bare CR", "A: b\rContent-Length: 5\r\n", "malformed field value"],
    ["a bare CR as a line", "A: b\r\n\r: x\r\n", "malformed field name"],
    ["a NUL", "A: b\0\r\n", "malformed field value"],
    ["DEL", "A: \x7f\r\n", "malformed field value"],
    ["a name that is no token", "A(b): c\r\n", "malformed field name"],
    ["a letter over 127 in a name", "Hôst: c\r\n", "malformed field name"],
  ] as const)
    test(`refuses ${what}`, () => {
      assert.deepEqual(read(lines), { status: 400, reason });
    });

  for (const value of ["+5", "-1", "5, 5", "0x10", "5 5", "", "1e3", "9".repeat(16), "٣"])
    test(`takes ${JSON.stringify(value)} for no length`, () => {
      const facts = read(`Content-Length: ${value}\r\n`);
      assert("fault" in facts && facts.fault?.status === 400);
    });

  test("counts fields", () => {
    assert(!("reason" in read("a: b\r\n".repeat(headersMax))));
    assert.deepEqual(read("a: b\r\n".repeat(headersMax + 1)), {
      status: 431,
      reason: "too many fields",
    });
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ExchangeScript } from "./exchange-script.ts";

test("a script's lines become events, and effects become lines", () => {
  const script = new ExchangeScript({ endpoints: ["u1"], traceShare: 0 });
  assert.deepEqual(script.run("0 client GET / HTTP/1.1|Host: a||"), ["open 1 u1", "wake 5000"]);
  assert.deepEqual(script.run("2 opened 1").slice(0, 1), ["toUpstream 1 GET / HTTP/1.1|Host: a||"]);
  assert.equal(script.written(1), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  script.run("3 upstream 1 HTTP/1.1 204 No Content||");
  assert.equal(script.written(), "HTTP/1.1 204 No Content\r\n\r\n");
});

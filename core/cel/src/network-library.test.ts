import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("addresses and ranges know where they belong", () => {
  assert.equal(evaluated("ip('127.0.0.1').isLoopback() && ip('::1').family() == 6"), true);
  assert.equal(
    evaluated("ip('8.8.8.8').isGlobalUnicast() && !ip('0.0.0.0').isGlobalUnicast()"),
    true,
  );
  assert.equal(evaluated("ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')"), true);
  assert.equal(evaluated("cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')"), true);
  assert.equal(
    evaluated(
      "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('::/8').containsIP('11.0.0.1')",
    ),
    true,
  );
  assert.equal(evaluated("cidr('10.0.0.0/8').prefixLength() + (isCIDR('10.0.0.0') ? 1 : 0)"), 8);
  assert.match(messageOf("ip('1.2.3')"), /parse error/u);
});

test("a URL has parts", () => {
  const url = "url('https://user@[::1]:8080/a b?x=1&x=2')".replace("a b", "a%20b");
  assert.equal(evaluated(`${url}.getHost() + ${url}.getPort()`), "[::1]:80808080");
  assert.equal(evaluated(`${url}.getHostname() + ${url}.getEscapedPath()`), "::1/a%20b");
  assert.deepEqual(evaluated(`${url}.getQuery()`), { x: ["1", "2"] });
  assert.equal(evaluated("isURL('../x') || isURL('http://a b')"), false);
});

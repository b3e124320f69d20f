import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated } from "./test-evaluation.ts";

test("quantities are counted exactly", () => {
  assert.equal(evaluated("quantity('1Gi').isGreaterThan(quantity('1G'))"), true);
  assert.equal(evaluated("quantity('0.5').add(quantity('500m')) == quantity('1')"), true);
  assert.equal(evaluated("quantity('2k').sub(1).asInteger()"), 1999);
  assert.equal(evaluated("quantity('100m').isInteger() || quantity('-1').sign() > 0"), false);
  assert.equal(evaluated("isQuantity('1x') ? 1 : quantity('1.5').compareTo(quantity('1.4'))"), 1);
  assert.match(String(evaluated("quantity('x')")), /quantities must match/u);
});

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
      "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.0.0.0/8').containsIP('11.0.0.1')",
    ),
    true,
  );
  assert.equal(evaluated("cidr('10.0.0.0/8').prefixLength() + (isCIDR('10.0.0.0') ? 1 : 0)"), 8);
  assert.match(String(evaluated("ip('1.2.3')")), /parse error/u);
});

test("a URL has parts", () => {
  const url = "url('https://user@[::1]:8080/a b?x=1&x=2')".replace("a b", "a%20b");
  assert.equal(evaluated(`${url}.getHost() + ${url}.getPort()`), "[::1]:80808080");
  assert.equal(evaluated(`${url}.getHostname() + ${url}.getEscapedPath()`), "::1/a%20b");
  assert.deepEqual(evaluated(`${url}.getQuery()`), { x: ["1", "2"] });
  assert.equal(evaluated("isURL('../x') || isURL('http://a b')"), false);
});

test("named formats say what is wrong, or nothing", () => {
  assert.equal(evaluated("format.dns1123Label().validate('my-name').hasValue()"), false);
  assert.match(
    JSON.stringify(evaluated("format.dns1123Label().validate('My').value()")),
    /RFC 1123 label/u,
  );
  assert.equal(evaluated("format.named('uuid').hasValue() && !format.named('x').hasValue()"), true);
  assert.equal(evaluated("format.date().validate('2024-02-30').hasValue()"), true);
});

test("versions are compared by their parts", () => {
  assert.equal(evaluated("semver('1.2.3').isLessThan(semver('1.10.0'))"), true);
  assert.equal(evaluated("isSemver('v1.2') || !isSemver('v1.2', true)"), false);
});

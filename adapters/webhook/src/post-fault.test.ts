import assert from "node:assert/strict";
import { test } from "node:test";
import { postFault, statusFault } from "./post-fault.ts";

function told(facts: object): string {
  const error = Object.assign(new Error("as Node says it"), facts);
  return postFault("https://a/b", error).replace('Post "https://a/b": ', "");
}

test("what Node says is told as Go tells it", () => {
  const place = { address: "10.0.0.1", port: 443 };
  assert.equal(
    told({ code: "ECONNREFUSED", ...place }),
    "dial tcp 10.0.0.1:443: connect: connection refused",
  );
  assert.equal(
    told({ code: "ECONNREFUSED", address: "::1", port: 443 }),
    "dial tcp [::1]:443: connect: connection refused",
  );
  assert.equal(told({ code: "ENOTFOUND", hostname: "a" }), "dial tcp: lookup a: no such host");
  assert.equal(told({ code: "ECONNRESET" }), "EOF");
  assert.match(told({ code: "CERT_HAS_EXPIRED" }), /x509: certificate has expired/u);
  assert.match(told({ code: "SELF_SIGNED_CERT_IN_CHAIN" }), /signed by unknown authority$/u);
  assert.match(told({ code: "ERR_TLS_CERT_ALTNAME_INVALID" }), /x509: certificate is not valid/u);
  assert.equal(told({}), "as Node says it");
  assert.equal(postFault("https://a", "why"), 'Post "https://a": why');
});

test("of several addresses the first is told", () => {
  const refused = Object.assign(new Error("no"), {
    code: "EHOSTUNREACH",
    address: "1.2.3.4",
    port: 1,
  });
  assert.match(
    postFault("https://a", new AggregateError([refused])),
    /1\.2\.3\.4:1: connect: no route/u,
  );
});

test("a status that is no success has the words of Kubernetes", () => {
  assert.equal(statusFault(404, ""), "the server could not find the requested resource");
  assert.equal(
    statusFault(500, "oh"),
    'an error on the server ("oh") has prevented the request from succeeding',
  );
  assert.match(statusFault(302, ""), /status code 302/u);
});

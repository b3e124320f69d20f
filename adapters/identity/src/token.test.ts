import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faultOf } from "./certificate.ts";
import { createMesh, delegate, delegateOf, ownerOf } from "./mesh.ts";
import { SigningKey } from "./signing-key.ts";
import { createToken, joinWithToken, readToken, type Token } from "./token.ts";

const nowMs = Date.UTC(2026, 10, 20);
const dayMs = 24 * 3_600_000;
const mesh = createMesh();
const machine = SigningKey.generate();
const addresses = ["/ip4/192.0.2.1/tcp/7946"];

function read(text: string): Token {
  const token = readToken(text);
  assert(token);
  return token;
}

describe("a token", () => {
  const text = createToken(ownerOf(mesh.key), { addresses, namespaces: ["a"] }, nowMs);

  test("is one line that names the mesh and where to find it", () => {
    assert.match(text, /^[A-Za-z0-9_-]+$/u);
    assert.equal(read(text).mesh, mesh.id);
    assert.deepEqual(read(text).addresses, addresses);
  });

  test("admits a machine with what it grants, without any member", () => {
    const certificate = joinWithToken(read(text), machine.id, nowMs);
    assert.equal(faultOf(certificate, mesh.id, nowMs), undefined);
    assert.deepEqual(certificate.at(-1)?.statement.namespaces, ["a"]);
    assert.equal(certificate.length, 2);
  });

  test("works for a joiner whose clock is 400 days off", () => {
    for (const offMs of [-400 * dayMs, 400 * dayMs]) {
      const certificate = joinWithToken(read(text), machine.id, nowMs + offMs);
      assert.equal(faultOf(certificate, mesh.id, nowMs), undefined);
    }
  });

  test("can be made by a delegate", () => {
    const helper = SigningKey.generate();
    const issuer = delegateOf(helper, delegate(ownerOf(mesh.key), helper.id, {}, nowMs));
    assert(issuer);
    const certificate = joinWithToken(
      read(createToken(issuer, { addresses }, nowMs)),
      machine.id,
      nowMs,
    );
    assert.equal(faultOf(certificate, mesh.id, nowMs), undefined);
    assert.equal(certificate.length, 3);
  });

  test("that is malformed is none", () => {
    const parts = JSON.parse(Buffer.from(text, "base64url").toString());
    const other = Buffer.from(SigningKey.generate().seed()).toString("base64url");
    for (const wrong of [
      { ...parts, version: 2 },
      { ...parts, seed: other },
      { ...parts, seed: "AA" },
      { ...parts, chain: [] },
      { ...parts, addresses: ["no address"] },
    ]) {
      const line = Buffer.from(JSON.stringify(wrong)).toString("base64url");
      assert.equal(readToken(line), undefined);
    }
    assert.equal(readToken("not a token"), undefined);
    assert.equal(readToken("A".repeat(40_000)), undefined);
  });
});

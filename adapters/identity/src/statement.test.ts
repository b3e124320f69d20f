import assert from "node:assert/strict";
import { test } from "node:test";
import { SigningKey } from "./signing-key.ts";
import { isSignedByIssuer, readStatement, statementText } from "./statement.ts";

const owner = SigningKey.generate();
const said = {
  kind: "member",
  mesh: owner.id,
  peer: SigningKey.generate().id,
  issuer: owner.id,
  labels: { region: "north" },
  roles: ["machine"],
  namespaces: ["*"],
  notBeforeMs: 1,
  notAfterMs: 2,
};

test("readStatement reads what it should", () => {
  assert.equal(readStatement(said)?.peer, said.peer);
  assert.equal(readStatement({ ...said, kind: "token", usesMax: 3 })?.usesMax, 3);
});

test("readStatement refuses what is malformed or over a limit", () => {
  for (const wrong of [
    undefined,
    [],
    { ...said, kind: "owner" },
    { ...said, peer: "a b" },
    { ...said, issuer: 1 },
    { ...said, labels: { region: 1 } },
    { ...said, labels: { region: "x".repeat(400) } },
    { ...said, roles: "machine" },
    { ...said, namespaces: Array.from({ length: 65 }, () => "a") },
    { ...said, notBeforeMs: "1" },
    { ...said, notAfterMs: 1e300 },
    { ...said, usesMax: 1.5 },
  ]) {
    assert.equal(readStatement(wrong), undefined);
  }
});

test("a signature counts for the statement as it was said, by its issuer alone", () => {
  const statement = readStatement(said);
  assert(statement);
  const signature = owner.sign(statementText(said));
  assert(isSignedByIssuer({ statement, said, signature }));
  assert(!isSignedByIssuer({ statement, said: { ...said, roles: [] }, signature }));
  const other = SigningKey.generate().sign(statementText(said));
  assert(!isSignedByIssuer({ statement, said, signature: other }));
});

test("members that a later version adds are kept, and are signed", () => {
  const later = { ...said, note: "new" };
  const statement = readStatement(later);
  assert(statement);
  const signature = owner.sign(statementText(later));
  assert(isSignedByIssuer({ statement, said: later, signature }));
  assert(!isSignedByIssuer({ statement, said, signature }));
});

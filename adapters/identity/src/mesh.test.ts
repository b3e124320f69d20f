import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faultOf } from "./certificate.ts";
import {
  admitMember,
  createMesh,
  delegate,
  delegateOf,
  isRenewalDue,
  ownerOf,
  renew,
} from "./mesh.ts";
import { SigningKey } from "./signing-key.ts";

const nowMs = Date.UTC(2026, 10, 20);
const yearMs = 365 * 24 * 3_600_000;
const mesh = createMesh();
const owner = ownerOf(mesh.key);
const machine = SigningKey.generate();

describe("a mesh", () => {
  test("is named by its key and admits members", () => {
    const certificate = admitMember(owner, machine.id, { labels: { region: "north" } }, nowMs);
    assert.equal(faultOf(certificate, mesh.id, nowMs), undefined);
    assert.deepEqual(certificate.at(-1)?.statement.namespaces, ["*"]);
  });

  test("lets a delegate admit, and only the delegate", () => {
    const chain = delegate(owner, machine.id, {}, nowMs);
    const issuer = delegateOf(machine, chain);
    assert(issuer);
    const member = admitMember(issuer, SigningKey.generate().id, {}, nowMs);
    assert.equal(faultOf(member, mesh.id, nowMs), undefined);
    assert.equal(delegateOf(SigningKey.generate(), chain), undefined);
    assert.equal(delegateOf(machine, admitMember(owner, machine.id, {}, nowMs)), undefined);
  });

  test("renews a member with what it had, for a year more", () => {
    const old = admitMember(owner, machine.id, { namespaces: ["a"] }, nowMs);
    const member = old.at(-1)?.statement;
    assert(member);
    const fresh = renew(owner, member, nowMs + yearMs).at(-1)?.statement;
    assert.deepEqual(fresh?.namespaces, ["a"]);
    assert.equal(fresh?.notAfterMs, nowMs + 2 * yearMs);
  });

  test("asks for renewal at half time", () => {
    const certificate = admitMember(owner, machine.id, {}, nowMs);
    assert.equal(isRenewalDue(certificate, nowMs), false);
    assert.equal(isRenewalDue(certificate, nowMs + 0.6 * yearMs), true);
    assert.equal(isRenewalDue([], nowMs), true);
  });
});

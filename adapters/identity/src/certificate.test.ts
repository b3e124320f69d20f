import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Certificate,
  certificateBytesMax,
  faultOf,
  graceMs,
  type Issuer,
  issue,
  readCertificate,
  type StatementDraft,
  writeCertificate,
} from "./certificate.ts";
import { SigningKey } from "./signing-key.ts";

const nowMs = Date.UTC(2026, 10, 20);
const dayMs = 24 * 3_600_000;
const owner = SigningKey.generate();
const machine = SigningKey.generate();
const root: Issuer = { mesh: owner.id, signer: owner, chain: [] };

function draft(change: Partial<StatementDraft> = {}): StatementDraft {
  return {
    kind: "member",
    peer: machine.id,
    labels: {},
    roles: ["machine"],
    namespaces: ["team-a"],
    notBeforeMs: nowMs,
    notAfterMs: nowMs + 365 * dayMs,
    ...change,
  };
}

function below(issuer: Issuer, change: Partial<StatementDraft> = {}): Issuer {
  const signer = SigningKey.generate();
  const chain = issue(issuer, draft({ kind: "delegate", peer: signer.id, ...change }));
  return { mesh: owner.id, signer, chain };
}

function fault(certificate: Certificate, atMs = nowMs): string | undefined {
  return faultOf(certificate, owner.id, atMs);
}

describe("a certificate", () => {
  test("is good if the mesh key signed it, or a delegate did, and survives its text", () => {
    assert.equal(fault(issue(root, draft())), undefined);
    const delegated = issue(below(root), draft());
    assert.equal(fault(delegated), undefined);
    assert.deepEqual(readCertificate(writeCertificate(delegated)), delegated);
  });

  test("names its mesh", () => {
    const other = SigningKey.generate();
    assert.equal(faultOf(issue(root, draft()), other.id, nowMs), "of another mesh");
    const foreign = issue({ mesh: owner.id, signer: other, chain: [] }, draft());
    assert.equal(fault(foreign), "chain broken");
  });

  test("says no more than its issuer was granted", () => {
    const limited = below(root, { namespaces: ["team-*"], roles: ["machine"] });
    assert.equal(fault(issue(limited, draft())), undefined);
    assert.equal(fault(issue(limited, draft({ namespaces: ["*"] }))), "namespace not granted");
    assert.equal(fault(issue(limited, draft({ roles: ["owner"] }))), "role not granted");
  });

  test("is not signed by a mere member", () => {
    assert.equal(fault(issue(below(root, { kind: "member" }), draft())), "issuer may not admit");
  });

  test("made with a token is of the token's time and attests only its labels", () => {
    const token = below(root, {
      kind: "token",
      labels: { region: "north" },
      notAfterMs: nowMs + dayMs,
    });
    assert.equal(fault(issue(token, draft({ labels: { region: "north" } }))), undefined);
    assert.equal(fault(issue(token, draft({ labels: { region: "south" } }))), "label not granted");
    const late = draft({ notBeforeMs: nowMs + 2 * dayMs });
    assert.equal(fault(issue(token, late)), "issuer had no right any more");
    const nested = issue(token, draft({ kind: "delegate" }));
    assert.equal(fault(nested), "token may only admit");
  });

  test("has at most three statements", () => {
    const deep = below(below(below(root)));
    assert.equal(readCertificate(writeCertificate(issue(deep, draft()))), undefined);
  });

  test("whose statement or signature was changed is refused", () => {
    const [signed] = issue(root, draft());
    assert(signed);
    const forged = { ...signed.statement, namespaces: ["*"] };
    const changed = readCertificate(
      JSON.stringify([{ said: forged, signature: signed.signature }]),
    );
    assert(changed);
    assert.equal(fault(changed), "signature wrong");
    assert.equal(fault([{ ...signed, signature: machine.sign("x") }]), "signature wrong");
    assert.equal(fault([]), "empty");
  });

  test("holds for a machine off for a year, and for clocks 400 days off, not for ever", () => {
    const certificate = issue(root, draft());
    assert.equal(fault(certificate, nowMs + 2 * 365 * dayMs), undefined);
    assert.equal(fault(certificate, nowMs - 400 * dayMs), undefined);
    assert.equal(fault(certificate, nowMs + 365 * dayMs + graceMs + 1), "expired");
    const early = below(root, {
      notBeforeMs: nowMs + 400 * dayMs,
      notAfterMs: nowMs + 800 * dayMs,
    });
    assert.equal(fault(issue(early, draft())), undefined);
  });
});

test("readCertificate refuses text that is no certificate or too long", () => {
  for (const text of ["", "{}", "[1]", '[{"said":{},"signature":"x"}]', '[{"signature":"x"}]']) {
    assert.equal(readCertificate(text), undefined);
  }
  assert.equal(readCertificate(`[${" ".repeat(certificateBytesMax)}]`), undefined);
});

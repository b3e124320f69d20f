import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { graceMs, writeCertificate } from "./certificate.ts";
import { type Admission, MemberDirectory, tokenGraceMs } from "./member-directory.ts";
import { admitMember, createMesh, delegate, ownerOf, renew } from "./mesh.ts";
import { SigningKey } from "./signing-key.ts";
import { createToken, joinWithToken, readToken } from "./token.ts";

const startMs = Date.UTC(2026, 10, 20);
const dayMs = 24 * 3_600_000;
const mesh = createMesh();
const owner = ownerOf(mesh.key);

function setup(): { directory: MemberDirectory; pass: (ms: number) => void } {
  let nowMs = startMs;
  const directory = new MemberDirectory({ mesh: mesh.id, nowMs: () => nowMs });
  return {
    directory,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

function member(namespaces = ["*"]): { key: SigningKey; certificate: string } {
  const key = SigningKey.generate();
  const certificate = writeCertificate(admitMember(owner, key.id, { namespaces }, startMs));
  return { key, certificate };
}

function joiner(options: { usesMax?: number } = {}): () => string {
  const token = readToken(createToken(owner, { addresses: [], ...options }, startMs));
  assert(token);
  return () => writeCertificate(joinWithToken(token, SigningKey.generate().id, startMs));
}

function reasonOf(admission: Admission): string | undefined {
  return admission.kind === "refused" ? admission.reason : undefined;
}

describe("MemberDirectory", () => {
  test("believes a member only after its certificate", () => {
    const { directory } = setup();
    const { key, certificate } = member();
    const signature = key.sign("text");
    assert(!directory.verify("text", signature, key.id));
    assert.equal(directory.admit(certificate, key.id).kind, "admitted");
    assert(directory.verify("text", signature, key.id));
    assert(directory.verify("text", signature, key.id), "also the second time");
    assert(!directory.verify("other", signature, key.id));
    assert(!directory.verify("text", signature, SigningKey.generate().id));
    assert.equal(directory.get(key.id)?.peer, key.id);
  });

  test("takes a certificate from its own machine alone", () => {
    const { directory } = setup();
    const { certificate } = member();
    const thief = SigningKey.generate().id;
    assert.equal(reasonOf(directory.admit(certificate, thief)), "of another machine");
  });

  test("refuses other meshes, delegates without membership, and nonsense", () => {
    const { directory } = setup();
    const other = createMesh();
    const key = SigningKey.generate();
    const foreign = writeCertificate(admitMember(ownerOf(other.key), key.id, {}, startMs));
    assert.equal(reasonOf(directory.admit(foreign, key.id)), "of another mesh");
    const mere = writeCertificate(delegate(owner, key.id, {}, startMs));
    assert.equal(reasonOf(directory.admit(mere, key.id)), "no membership");
    assert.equal(reasonOf(directory.admit("{}", key.id)), "malformed");
    assert.equal(reasonOf(directory.admit("[]", key.id)), "malformed");
  });

  test("lets a member author its namespaces only", () => {
    const { directory } = setup();
    const { key, certificate } = member(["team-*"]);
    assert(!directory.mayAuthor(key.id, "team-a"));
    directory.admit(certificate);
    assert(directory.mayAuthor(key.id, "team-a"));
    assert(!directory.mayAuthor(key.id, "default"));
    assert(!directory.mayAuthor(key.id, "-"));
  });

  test("keeps the newer of two certificates", () => {
    const { directory } = setup();
    const { key, certificate } = member();
    directory.admit(certificate);
    const statement = directory.get(key.id);
    assert(statement);
    directory.admit(writeCertificate(renew(owner, statement, startMs + dayMs)));
    directory.admit(certificate);
    assert.equal(directory.get(key.id)?.notBeforeMs, startMs + dayMs);
  });

  test("lets the certificate of a member run out in the end", () => {
    const { directory, pass } = setup();
    const { certificate } = member();
    assert.equal(directory.admit(certificate).kind, "admitted");
    pass(365 * dayMs + graceMs + 1);
    assert.equal(reasonOf(directory.admit(certificate)), "expired");
  });

  test("meets a machine of an old token only if it knows it, or it was renewed", () => {
    const { directory, pass } = setup();
    const join = joiner();
    const [early, late] = [join(), join()];
    directory.admit(early);
    pass(tokenGraceMs + dayMs);
    assert.equal(directory.admit(early).kind, "admitted");
    assert.equal(reasonOf(directory.admit(late)), "token expired");
    const fresh = setup();
    const admission = fresh.directory.admit(late);
    assert(admission.kind === "admitted");
    const renewed = writeCertificate(renew(owner, admission.member, startMs));
    assert.equal(directory.admit(renewed).kind, "admitted");
  });

  test("counts the machines of a token", () => {
    const { directory } = setup();
    const join = joiner({ usesMax: 2 });
    const [first, second, third] = [join(), join(), join()];
    assert.equal(directory.admit(first).kind, "admitted");
    assert.equal(directory.admit(second).kind, "admitted");
    assert.equal(directory.admit(first).kind, "admitted");
    assert.equal(reasonOf(directory.admit(third)), "token used up");
  });

  test("comes back from the certificates it kept, also of tokens that have ended", () => {
    const { directory } = setup();
    const { key, certificate } = member();
    directory.admit(certificate);
    const joined = joiner()();
    directory.admit(joined);
    const again = setup();
    again.pass(tokenGraceMs + dayMs);
    again.directory.restore([...directory.certificates(), "nonsense"]);
    assert(again.directory.verify("text", key.sign("text"), key.id));
    assert.equal(again.directory.admit(joined).kind, "admitted");
  });
});

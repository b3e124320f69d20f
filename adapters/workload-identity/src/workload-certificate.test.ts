import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { describe, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { portOf } from "../../../test/port-of.ts";
// Whoever certifies is a machine, and stands in a package that no sidecar carries.
import { issueWorkloadCertificate, SigningKey } from "../../identity/src/index.ts";
import { issueX509, type X509Issuer, type X509Request } from "../../identity/src/x509.ts";
import { certificateLifetimeMs, checkWorkloadCertificate } from "./workload-certificate.ts";

const mesh = "12D3KooWMesh";
const identity = { mesh, namespace: "shop", serviceAccount: "web" };
const uid = "3f0d9c1e-0000-4000-8000-000000000000";
const nowMs = Date.UTC(2026, 10, 20);
const validity = { notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + certificateLifetimeMs };
const machine = SigningKey.generate();
const name = "spiffe://12d3koowmesh/ns/shop/sa/web";

function p256(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function spkiOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64");
}

function certify(key: KeyObject, change: Partial<typeof validity> = {}, signer = machine): string {
  const claim = { key: signer, publicKey: spkiOf(key), uid, identity, ...validity, ...change };
  const certificate = issueWorkloadCertificate(claim);
  assert(certificate !== undefined);
  return certificate;
}

/** A certificate of the machine whose form is off in one way. */
function odd(change: Partial<X509Request>, issuer: X509Issuer = machine.issuer()): X509Certificate {
  const usual: X509Request = {
    subject: { commonName: uid },
    key: p256(),
    use: "workload",
    names: [name],
    ...validity,
  };
  return new X509Certificate(issueX509({ ...usual, ...change }, issuer));
}

function faultOf(certificate: X509Certificate | Uint8Array, at = nowMs, of = mesh): string {
  const found = checkWorkloadCertificate(certificate, at, of);
  return "fault" in found ? found.fault : "";
}

describe("a workload's certificate", () => {
  test("proves pod, identity and machine, in PEM that OpenSSL reads", () => {
    const found = checkWorkloadCertificate(new X509Certificate(certify(p256())), nowMs, mesh);
    const lower = { ...identity, mesh: mesh.toLowerCase() };
    assert.deepEqual(found, { uid, identity: lower, issuer: machine.id });
    const der = new X509Certificate(certify(p256())).raw;
    assert.equal(faultOf(der), "");
  });

  test("is made of no other key than one of P-256", () => {
    const others = [
      generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey,
      generateKeyPairSync("ed25519").publicKey,
    ].map((key) => key.export({ format: "der", type: "spki" }).toString("base64"));
    for (const publicKey of [...others, "", "AAAA", "x".repeat(10_000)]) {
      const claim = { key: machine, publicKey, uid, identity, ...validity };
      assert.equal(issueWorkloadCertificate(claim), undefined);
    }
  });

  test("ends, begins, and is of one mesh", () => {
    const certificate = new X509Certificate(certify(p256()));
    assert.equal(faultOf(certificate, validity.notAfterMs + 1000), "expired");
    assert.equal(faultOf(certificate, validity.notBeforeMs - 1000), "not good yet");
    assert.equal(faultOf(certificate, nowMs, "12D3KooWOther"), "of another mesh");
  });

  for (const [what, fault, certificate] of [
    ["two names", "not exactly one SPIFFE ID", odd({ names: [name, `${name}2`] })],
    ["a DNS name as well", "not exactly one SPIFFE ID", odd({ names: [name, "web.shop"] })],
    ["no name", "not exactly one SPIFFE ID", odd({ names: [] })],
    ["a name that is no workload's", "not exactly one SPIFFE ID", odd({ names: ["https://a/b"] })],
    ["a subject that is no pod", "subject is no pod", odd({ subject: { commonName: "a b" } })],
    [
      "a subject with more to it",
      "subject is no pod",
      odd({ subject: { commonName: uid, organizations: ["system:masters"] } }),
    ],
    ["one side only", "not for both sides", odd({ use: "client" })],
    ["the right to certify", "of an authority", odd({ use: "authority" })],
    [
      "a key of another curve",
      "key is not of P-256",
      odd({ key: generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey }),
    ],
    [
      "an issuer that is no machine",
      "issuer is no machine",
      odd({}, { subject: { commonName: "authority" }, key: p256() }),
    ],
    [
      "a machine's name, and another's signature",
      "not signed by the machine that it names",
      odd({}, { ...machine.issuer(), key: SigningKey.generate().issuer().key }),
    ],
    [
      "a signature by a key that the machine certified",
      "not signed by the machine that it names",
      odd({}, { ...machine.issuer(), key: p256() }),
    ],
  ] as const)
    test(`with ${what} is refused`, () => {
      assert.equal(faultOf(certificate), fault);
    });

  test("is refused however one of its bytes is changed", () => {
    const der = new X509Certificate(certify(p256())).raw;
    for (let index = 0; index < der.length; index += 1) {
      const tampered = Buffer.from(der);
      tampered[index] = (tampered[index] ?? 0) ^ 1;
      assert.notEqual(faultOf(tampered), "", `byte ${index}`);
    }
  });

  test("is refused when it is none, cut or long", () => {
    const der = new X509Certificate(certify(p256())).raw;
    const others = [Buffer.alloc(0), der.subarray(0, 100), Buffer.alloc(5000), Buffer.from("x")];
    for (const bytes of others) assert.equal(faultOf(bytes), "malformed");
  });
});

/** What each side of a TLS 1.3 connection finds of the other. */
async function meet(
  server: { readonly key: KeyObject; readonly cert: string },
  client: { readonly key: KeyObject; readonly cert: string },
): Promise<readonly [string, string]> {
  const pem = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" });
  const both = { minVersion: "TLSv1.3", rejectUnauthorized: false } as const;
  const listener = createServer({
    ...both,
    requestCert: true,
    key: pem(server.key),
    cert: server.cert,
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const accepted: Promise<TLSSocket[]> = once(listener, "secureConnection");
  const near = connect({
    ...both,
    port: portOf(listener),
    host: "127.0.0.1",
    key: pem(client.key),
    cert: client.cert,
    checkServerIdentity: () => undefined,
  });
  await once(near, "secureConnect");
  const [far] = await accepted;
  const of = (socket: TLSSocket | undefined): string => {
    const shown = socket?.getPeerX509Certificate();
    return shown === undefined ? "nothing" : faultOf(shown);
  };
  const found = [of(near), of(far)] as const;
  assert.equal(near.getProtocol(), "TLSv1.3");
  near.destroy();
  far?.destroy();
  listener.close();
  return found;
}

describe("two sides of TLS", () => {
  const make = (
    change: Partial<typeof validity> = {},
  ): { readonly key: KeyObject; readonly cert: string } => {
    const key = p256();
    return { key, cert: certify(key, change) };
  };

  test("each show a good certificate", async () => {
    assert.deepEqual(await meet(make(), make()), ["", ""]);
  });

  test("notice one that has ended, whichever side shows it", async () => {
    const old = make({ notAfterMs: nowMs - 10_000 });
    assert.deepEqual(await meet(old, make()), ["expired", ""]);
    assert.deepEqual(await meet(make(), old), ["", "expired"]);
  });

  test("believe no chain: a workload can certify nobody", async () => {
    const middle = make();
    const issuer = { ...machine.issuer(), key: middle.key };
    const key = p256();
    const subject = { commonName: uid };
    const leaf = issueX509({ subject, key, use: "workload", names: [name], ...validity }, issuer);
    const chain = { key, cert: `${leaf}${middle.cert}` };
    const fault = "not signed by the machine that it names";
    assert.deepEqual(await meet(make(), chain), ["", fault]);
  });
});

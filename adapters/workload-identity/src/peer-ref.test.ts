import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, test } from "node:test";
import { type PeerRef, peerRefText, type SignedPeerRef } from "@beemesh/workload";
// Whoever certifies is a machine, and stands in a package that no sidecar carries.
import { issueWorkloadCertificate, SigningKey } from "../../identity/src/index.ts";
import { checkPeerRef } from "./peer-ref.ts";

const mesh = "12D3KooWMesh";
const nowMs = Date.UTC(2026, 10, 20);
const machine = SigningKey.generate();
const ref: PeerRef = {
  uid: "u1",
  machine: machine.id,
  node: "m1",
  ip: "10.1.2.3",
  addresses: ["192.0.2.1:7947"],
  services: [{ service: "shop/web", ports: [{ protocol: "tcp", port: 80, target: 8080 }] }],
  version: 1,
  notAfterMs: nowMs + 60_000,
};

/** Signed by a workload that its machine has certified as `uid`. */
function signedBy(uid: string, said: PeerRef, key?: KeyObject): SignedPeerRef {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = issueWorkloadCertificate({
    key: machine,
    publicKey: own.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    uid,
    identity: { mesh, namespace: "shop", serviceAccount: "web" },
    notBeforeMs: nowMs - 60_000,
    notAfterMs: nowMs + 3_600_000,
  });
  assert(certificate);
  const signature = sign("sha256", Buffer.from(peerRefText(said)), key ?? own.privateKey);
  return { ref: said, certificate, signature: signature.toString("base64") };
}

const faultOf = (signed: SignedPeerRef, at = nowMs): string => {
  const found = checkPeerRef(signed, at, mesh);
  return "fault" in found ? found.fault : "";
};

describe("checkPeerRef", () => {
  test("believes what a workload says of itself", () => {
    const found = checkPeerRef(signedBy("u1", ref), nowMs, mesh);
    assert("uid" in found);
    assert.deepEqual(
      [found.uid, found.issuer, found.identity.namespace],
      ["u1", ref.machine, "shop"],
    );
  });

  const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const good = signedBy("u1", ref);
  for (const [fault, signed] of [
    ["signature wrong", signedBy("u1", ref, stranger)],
    ["signature wrong", { ...good, ref: { ...ref, version: 2 } }],
    ["signature wrong", { ...good, ref: { ...ref, addresses: ["192.0.2.66:1"] } }],
    ["signature wrong", { ...good, signature: "" }],
    ["of another pod", signedBy("u2", ref)],
    ["of another machine", signedBy("u1", { ...ref, machine: SigningKey.generate().id })],
    ["expired", signedBy("u1", { ...ref, notAfterMs: nowMs - 1 })],
    ["malformed", { ...good, certificate: "PEM" }],
  ] as const)
    test(`refuses a lie: ${fault}`, () => {
      assert.equal(faultOf(signed), fault);
    });

  test("refuses it when its certificate has ended, and in another mesh", () => {
    const late = signedBy("u1", { ...ref, notAfterMs: nowMs + 86_400_000 });
    assert.equal(faultOf(late, nowMs + 3_700_000), "expired");
    assert.deepEqual(checkPeerRef(late, nowMs, "other"), { fault: "of another mesh" });
  });
});

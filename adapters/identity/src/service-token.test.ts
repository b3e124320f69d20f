import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, test } from "node:test";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import { ServiceTokens } from "./service-token.ts";
import { SigningKey } from "./signing-key.ts";
import { issueWorkloadCertificate } from "./workload.ts";

const [one, two] = [SigningKey.generate(), SigningKey.generate()];
const members = {
  mayAuthor: (peer: string, namespace: string): boolean =>
    peer === one.id || (peer === two.id && namespace === "shop"),
};
const claims = (namespace: string): JsonObject => ({ sub: "a", "kubernetes.io": { namespace } });

function parts(token: string): readonly JsonObject[] {
  return token
    .split(".")
    .slice(0, 2)
    .map((part) => parseJson(Buffer.from(part, "base64url").toString()))
    .filter((part) => isJsonObject(part));
}

describe("tokens of ServiceAccounts", () => {
  test("are opened by every machine that knows their signer", () => {
    const token = new ServiceTokens(one, members).sign(claims("a"));
    const opened = new ServiceTokens(two, members).open(token);
    assert.deepEqual(opened, { claims: claims("a"), signer: one.id });
    assert(token.length < 2000);
  });

  test("speak only for namespaces that their signer may author", () => {
    const [own, other] = [new ServiceTokens(two, members), new ServiceTokens(one, members)];
    assert(other.open(own.sign(claims("shop"))));
    assert.equal(other.open(own.sign(claims("kube-system"))), undefined);
    assert.equal(own.open(own.sign({ sub: "a" })), undefined, "no namespace at all");
    const stranger = new ServiceTokens(SigningKey.generate(), members);
    assert.equal(other.open(stranger.sign(claims("a"))), undefined);
  });

  test("can be checked by anybody with the key set (RFC 7517)", () => {
    const tokens = new ServiceTokens(one, members);
    const token = tokens.sign(claims("a"));
    const { keys } = tokens.keySet();
    const key = Array.isArray(keys) ? keys[0] : undefined;
    assert(isJsonObject(key));
    assert.equal(key["kid"], parts(token)[0]?.["kid"]);
    const [header, payload, signature = ""] = token.split(".");
    const text = Buffer.from(`${header}.${payload}`);
    const publicKey = createPublicKey({ key: JSON.parse(JSON.stringify(key)), format: "jwk" });
    const by = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
    assert(verify("sha256", text, by, Buffer.from(signature, "base64url")));
  });

  test("of other members are in the key set once they are known", () => {
    const tokens = new ServiceTokens(one, { mayAuthor: (peer) => peer !== "stranger" });
    tokens.learn(new ServiceTokens(two, members).certificate);
    tokens.learn("nonsense");
    const count = ({ keys }: JsonObject): number => (Array.isArray(keys) ? keys.length : 0);
    assert.equal(count(tokens.keySet()), 2);
    const strict = new ServiceTokens(one, members);
    strict.learn(new ServiceTokens(SigningKey.generate(), members).certificate);
    assert.equal(count(strict.keySet()), 1);
  });

  test("are refused when a bit of them is changed", () => {
    const tokens = new ServiceTokens(one, members);
    const [header = "", payload = "", signature = ""] = tokens.sign(claims("a")).split(".");
    const changed = Buffer.from(JSON.stringify(claims("b"))).toString("base64url");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    for (const token of [
      `${header}.${changed}.${signature}`,
      `${header}.${payload}.`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${header}.${payload}`,
      `${header}.${payload}.${"A".repeat(20_000)}`,
      "",
    ]) {
      assert.equal(tokens.open(token), undefined);
    }
    assert(tokens.open(`${header}.${payload}.${signature}`));
  });

  test("are not signed by the key of a pod's sidecar, which the machine certifies too", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const spki = publicKey.export({ format: "der", type: "spki" }).toString("base64");
    const pem = issueWorkloadCertificate({
      key: one,
      publicKey: spki,
      uid: "u-1",
      identity: { mesh: "m", namespace: "a", serviceAccount: "b" },
      notBeforeMs: 0,
      notAfterMs: Date.UTC(2100, 0, 1),
    });
    const x5c = [(pem ?? "").replaceAll(/-----[^-]+-----|\s/gu, "")];
    const encode = (value: JsonObject): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${encode({ alg: "ES256", x5c })}.${encode(claims("a"))}`;
    const by = { key: privateKey, dsaEncoding: "ieee-p1363" } as const;
    const signature = sign("sha256", Buffer.from(text), by).toString("base64url");
    const forged = `${text}.${signature}`;
    assert.equal(new ServiceTokens(one, members).open(forged), undefined);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, formatStamp, type Json } from "@beemesh/wire";
import fc from "fast-check";
import { bodyLengthMax, entriesPerMessageMax, itemsPerMessageMax } from "./limits.ts";
import type { RegistryMessage } from "./message.ts";
import { decodeRegistryMessage, isCollectionId, isRecordName } from "./message-reader.ts";

const entry: Entry = {
  collection: "pods/default",
  name: "web",
  part: "status:0d9b1c",
  stamp: formatStamp({ wallMs: 1, counter: 2, machine: "ann" }),
  author: "ann",
  body: '{"status":{}}',
  signature: "c2ln",
};
const place = { c: "pods/default", e: 1, s: 2, f: 3, n: 4 };
const version = "0mcb8dgk300f1a2b";

const messages: readonly RegistryMessage[] = [
  { k: "r.put", e: [entry] },
  { k: "r.give", e: [entry, { ...entry, part: "spec", body: "" }] },
  { k: "r.ack", i: [0, 2 ** 53 - 1] },
  { k: "r.offer", c: "pods/default", i: [[7, version, 9]] },
  { k: "r.want", c: "pods/default", i: [7] },
  { k: "r.sum", t: 1_800_000_000_000, g: [["", 1, 2]], a: true },
  { k: "r.scopes", p: "0f", c: [["pods/default~ann", 1, 2]] },
  { k: "r.range", c: "pods/default", r: [["0a", 1, 2]], l: [["b", [[7, version]]]] },
  { k: "r.sub", ...place },
  { k: "r.unsub", c: "nodes/-" },
  { k: "r.change", ...place, t: 3, x: [entry] },
  { k: "r.start", ...place },
  { k: "r.not-kept", c: "roles.rbac.authorization.k8s.io/a-b" },
];

function asJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

describe("decodeRegistryMessage", () => {
  for (const message of messages) {
    test(`reads ${message.k} as it was sent`, () => {
      assert.deepEqual(decodeRegistryMessage(asJson(message)), message);
    });

    test(`refuses ${message.k} when a member is missing or of another type`, () => {
      for (const [member, right] of Object.entries(message)) {
        for (const wrong of [
          undefined,
          null,
          "\n",
          -1,
          1.5,
          {},
          [[]],
          [null],
          [{}],
          typeof right === "boolean" ? "" : true,
        ]) {
          const broken = asJson({ ...message, [member]: wrong });
          assert.equal(decodeRegistryMessage(broken), undefined, JSON.stringify(broken));
        }
      }
    });
  }

  test("refuses what is no message at all", () => {
    for (const json of [null, 1, "r.put", [], {}, { k: "put" }, { k: "constructor" }, { k: 1 }]) {
      assert.equal(decodeRegistryMessage(json), undefined);
    }
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        assert.equal(decodeRegistryMessage(asJson(json)), undefined);
      }),
    );
  });

  test("refuses lists over their limits", () => {
    const long = Array.from({ length: itemsPerMessageMax + 1 }, () => 1);
    assert.equal(decodeRegistryMessage({ k: "r.ack", i: long }), undefined);
    assert(decodeRegistryMessage({ k: "r.ack", i: long.slice(1) }));
    const entries = Array.from({ length: entriesPerMessageMax + 1 }, () => asJson(entry));
    assert.equal(decodeRegistryMessage({ k: "r.put", e: entries }), undefined);
  });

  test("refuses entries with members out of form", () => {
    const wrong: Partial<Record<keyof Entry, unknown>>[] = [
      { collection: "pods" },
      { collection: "Pods/default" },
      { collection: "pods/default/web" },
      { collection: "pods/default~ann" },
      { name: "a\nb" },
      { name: "a/b" },
      { name: "" },
      { part: "other" },
      { part: "status:" },
      { part: "status:a\nb" },
      { stamp: "now" },
      { author: "a b" },
      { signature: "" },
      { signature: "a b" },
      { body: "x".repeat(bodyLengthMax + 1) },
    ];
    for (const change of wrong) {
      const json = asJson({ k: "r.put", e: [{ ...entry, ...change }] });
      assert.equal(decodeRegistryMessage(json), undefined, JSON.stringify(change).slice(0, 80));
    }
  });

  test("leaves out members that it does not know", () => {
    const json = asJson({ k: "r.put", e: [{ ...entry, more: 1 }], more: 2 });
    assert.deepEqual(decodeRegistryMessage(json), { k: "r.put", e: [entry] });
  });
});

test("isCollectionId and isRecordName know what Kubernetes allows", () => {
  for (const id of ["pods/default", "nodes/-", "endpointslices.discovery.k8s.io/kube-system"]) {
    assert(isCollectionId(id), id);
  }
  for (const name of ["web-0", "system:node", "kube-root-ca.crt", "A_b@c"]) {
    assert(isRecordName(name), name);
  }
});

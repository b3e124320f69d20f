import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Consents } from "./consents.ts";
import type { Program } from "./program.ts";

const place = { namespace: "shop", name: "db" };

const program: Program = {
  uid: "u1",
  machine: "m1",
  address: "127.0.0.1",
  serviceAccount: "db",
  ports: [5432, 8008],
  reaches: [],
  probe: undefined,
};

/** Consents on a disk that is a map, or full. */
function open(namespaces: readonly string[] = [], notes = new Map<string, string>()) {
  const disk = {
    get: (name: string) => notes.get(name),
    set: (name: string, value: string) => void notes.set(name, value),
  };
  return new Consents({ disk, namespaces });
}

describe("Consents", () => {
  test("are given by the owner of the machine, and say how", () => {
    const consents = open();
    const { isGiven, reason, message } = consents.of(place, program);
    assert.deepEqual([isGiven, reason], [false, "NoConsent"]);
    assert.match(message, /owner of machine m1 .*`beemesh attach --name db -n shop --accept`/u);
    assert.match(message, /--allow-external shop$/u);
    const told: unknown[] = [];
    consents.onChange = (changed) => void told.push(changed);
    consents.give(place, program);
    assert.equal(consents.of(place, { ...program, uid: "u2", ports: [8008, 5432] }).isGiven, true);
    assert.equal(consents.of({ ...place, name: "other" }, program).isGiven, false);
    assert.equal(consents.of({ ...place, namespace: "evil" }, program).isGiven, false);
    consents.withdraw(place);
    consents.withdraw(place);
    assert.equal(consents.of(place, program).isGiven, false);
    assert.deepEqual(told, [place, place]);
  });

  for (const [what, change] of [
    ["address", { address: "10.0.0.7" }],
    ["port", { ports: [5432, 22] }],
    ["identity", { serviceAccount: "root" }],
    ["listener", { reaches: ["127.0.0.1:80=a.b.svc.cluster.local:80"] }],
    [
      "port that is asked",
      { probe: { port: 22, periodMs: 1, timeoutMs: 1, successes: 1, failures: 1 } },
    ],
  ] as const) {
    test(`hold for no other ${what}`, () => {
      const consents = open();
      consents.give(place, program);
      assert.equal(consents.of(place, { ...program, ...change }).reason, "TermsChanged");
    });
  }

  test("are not needed for namespaces that the machine's configuration names", () => {
    assert.equal(open(["shop"]).of(place, program).reason, "NamespaceAllowed");
    assert.equal(open(["*"]).of(place, program).isGiven, true);
    assert.equal(open(["shopping"]).of(place, program).isGiven, false);
  });

  test("outlive the daemon; a broken note is none", () => {
    const notes = new Map<string, string>();
    open([], notes).give(place, program);
    assert.equal(open([], notes).of(place, program).isGiven, true);
    for (const [name] of notes) notes.set(name, "[");
    assert.equal(open([], notes).of(place, program).isGiven, false);
  });

  test("are bounded, and none is given that was not saved", () => {
    const consents = open();
    for (let index = 0; index < 1000; index += 1) {
      consents.give({ ...place, name: `db-${index}` }, program);
    }
    assert.throws(() => consents.give(place, program), { code: "consent-refused" });
    consents.give({ ...place, name: "db-1" }, { ...program, ports: [1] });
    const ports = Array.from({ length: 16_384 }, (_, index) => index);
    assert.throws(() => open().give(place, { ...program, ports }), { code: "consent-refused" });
    const full = new Consents({
      disk: {
        get: () => undefined,
        set: () => {
          throw new Error("disk full");
        },
      },
      namespaces: [],
    });
    assert.throws(() => full.give(place, program), /disk full/u);
    assert.equal(full.of(place, program).isGiven, false);
  });
});

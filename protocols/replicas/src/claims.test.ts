import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { Claims } from "./claims.ts";
import { claimMsMax, claimsMax } from "./limits.ts";

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: ms });

function claimsOf({ dead = [], here = [] }: { dead?: string[]; here?: string[] } = {}): Claims {
  return new Claims({
    self: "m1",
    isAlive: (machine) => !dead.includes(machine),
    isRunning: (uid) => here.includes(uid),
  });
}

const claim = (uid: string, machine: string) => ({ kind: "claim", uid, machine }) as const;
const told = (from: string, uid: string, isRunning: boolean) =>
  ({ kind: "told", from, uid, isRunning }) as const;

describe("Claims", () => {
  test("a pod of a dead machine is lost", () => {
    const claims = claimsOf({ dead: ["m2"] });
    assert.deepEqual(claims.step(claim("u", "m2"), at(0)), [{ kind: "confirmed", uid: "u" }]);
  });

  test("a pod of this machine is lost if it does not run", () => {
    const claims = claimsOf({ here: ["u"] });
    assert.deepEqual(claims.step(claim("u", "m1"), at(0)), [
      { kind: "dropped", uid: "u", reason: "runs" },
    ]);
    assert.deepEqual(claims.step(claim("v", "m1"), at(0)), [{ kind: "confirmed", uid: "v" }]);
  });

  test("a machine that lives is asked, and believed about its own pods alone", () => {
    const claims = claimsOf();
    assert.deepEqual(claims.step(claim("u", "m2"), at(0)), [
      { kind: "ask", machine: "m2", uid: "u" },
      { kind: "wake", at: 1000 },
    ]);
    assert.deepEqual(claims.step(claim("u", "m2"), at(1)), []);
    assert.deepEqual(claims.step(told("m3", "u", false), at(2)), []);
    assert.deepEqual(claims.step(told("m2", "u", true), at(3)), [
      { kind: "dropped", uid: "u", reason: "runs" },
    ]);
    claims.step(claim("u", "m2"), at(4));
    assert.deepEqual(claims.step(told("m2", "u", false), at(5)), [{ kind: "confirmed", uid: "u" }]);
    assert.deepEqual(claims.step(told("m2", "u", false), at(6)), []);
  });

  test("a machine that does not answer is asked again, and nothing is done while it lives", () => {
    const claims = claimsOf();
    let asked = 0;
    const kinds: string[] = [];
    for (let ms = 0; ms <= claimMsMax; ms += 100) {
      const event = ms === 0 ? claim("u", "m2") : ({ kind: "tick" } as const);
      for (const effect of claims.step(event, at(ms))) {
        if (effect.kind === "ask") asked += 1;
        else if (effect.kind !== "wake") kinds.push(effect.kind);
      }
    }
    assert.equal(asked, 10);
    assert.deepEqual(kinds, ["dropped"]);
  });

  test("a machine that dies meanwhile has lost it", () => {
    const dead: string[] = [];
    const claims = claimsOf({ dead });
    claims.step(claim("u", "m2"), at(0));
    dead.push("m2");
    assert.deepEqual(claims.step({ kind: "tick" }, at(500)), [{ kind: "confirmed", uid: "u" }]);
  });

  test("has a bound, and says so of what is beyond it", () => {
    const claims = claimsOf();
    const kinds: string[] = [];
    for (let index = 0; index <= claimsMax; index += 1) {
      kinds.push(...claims.step(claim(`u${index}`, "m2"), at(0)).map(({ kind }) => kind));
    }
    assert.equal(kinds.filter((kind) => kind === "ask").length, claimsMax);
    assert.equal(kinds.at(-1), "dropped");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, instantAt, type Now } from "@beemesh/base";
import type { Introductions } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import { Acquaintance } from "./acquaintance.ts";
import type { RegistryEffect } from "./event.ts";
import { certificatesPerMessageMax, introduceAgainMs } from "./limits.ts";
import { LossyNetwork } from "./lossy-network.test.ts";

const now: Now = { at: instantAt(0), wallMs: 0 };

/** Knows members by name; the certificate of `ann` is `cert:ann`. */
function introductionsOf(...names: string[]): Introductions {
  const known = new Set(names);
  return {
    knows: (peer) => known.has(peer),
    certificateOf: (peer) => (known.has(peer) ? `cert:${peer}` : undefined),
    introduce: (certificate) => {
      const [kind, name = ""] = certificate.split(":");
      if (kind !== "cert" || known.has(name)) return false;
      known.add(name);
      return true;
    },
  };
}

function make(introductions: Introductions | undefined): {
  readonly acquaintance: Acquaintance;
  readonly sent: () => unknown[];
} {
  const effects: RegistryEffect[] = [];
  return {
    acquaintance: new Acquaintance({ introductions, emit: (effect) => effects.push(effect) }),
    sent: () => effects.splice(0).flatMap((each) => (each.kind === "send" ? [each.message] : [])),
  };
}

describe("Acquaintance", () => {
  test("asks about a stranger once, and again only later", () => {
    const { acquaintance, sent } = make(introductionsOf("me"));
    acquaintance.ask("relay", new Set(["dead"]), now);
    acquaintance.ask("relay", new Set(["dead"]), now);
    assert.deepEqual(sent(), [{ k: "r.who", a: ["dead"] }]);
    const later = { ...now, at: after(now.at, introduceAgainMs) };
    acquaintance.ask("relay", new Set(["dead"]), later);
    assert.equal(sent().length, 1);
  });

  test("asks about so many at once, whoever they claim to be", () => {
    const { acquaintance, sent } = make(introductionsOf());
    acquaintance.ask("liar", new Set(Array.from({ length: 500 }, (_, i) => `p${i}`)), now);
    const [message] = sent();
    const asked = Array.from({ length: certificatesPerMessageMax }, (_, i) => `p${i}`);
    assert.deepEqual(message, { k: "r.who", a: asked });
  });

  test("vouches for whom it knows", () => {
    const { acquaintance, sent } = make(introductionsOf("dead"));
    acquaintance.answer("newcomer", ["dead", "nobody"]);
    acquaintance.answer("newcomer", ["nobody"]);
    assert.deepEqual(sent(), [{ k: "r.intro", x: ["cert:dead"] }]);
  });

  test("knows whom it met, and nobody by a bad certificate", () => {
    const { acquaintance } = make(introductionsOf());
    assert.equal(acquaintance.meet("relay", ["nonsense"]), false);
    assert.equal(acquaintance.meet("relay", ["nonsense", "cert:dead"]), true);
    assert.equal(acquaintance.meet("relay", ["cert:dead"]), false, "it is known already");
    assert.equal(acquaintance.knows("dead"), true);
    assert.equal(acquaintance.knows("other"), false);
  });

  test("without introductions everybody is known", () => {
    assert.equal(make(undefined).acquaintance.knows("anybody"), true);
  });
});

describe("a machine that joins later", () => {
  test("gets the records of machines that it never met, and nobody loses standing", () => {
    const met: Record<PeerId, Introductions> = {
      dead: introductionsOf("dead", "ann"),
      ann: introductionsOf("dead", "ann", "late"),
      late: introductionsOf("ann", "late"),
    };
    const network = new LossyNetwork({
      seed: 3,
      names: ["dead", "ann", "late"],
      introductions: (name) => met[name] ?? introductionsOf(),
    });
    const penalties: string[] = [];
    network.performed = (_, effect) => {
      if (effect.kind === "penalize") penalties.push(effect.reason);
    };
    network.partition(["dead", "ann"], ["late"]);
    network.write("dead", "deployments.apps/default:web", "{}");
    network.run(1000);
    network.partition(["dead"], ["ann", "late"]);
    for (const name of ["ann", "late"]) network.announce(name, ["ann", "late"]);
    network.run(60_000);
    assert.equal(network.contents("late").size, 1);
    assert.deepEqual(penalties, []);
  });
});

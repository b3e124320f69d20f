import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import type { Answer, Decided } from "./answer.ts";
import { asksMax, silenceMs, turnsMax } from "./limits.ts";
import { entry, matter, present, put, Stand, shownBody, steps } from "./stand.test.ts";

const second = { orderOf: () => ["bob", "me"], revisionOf: () => "12" };

const decided: Decided = {
  kind: "decided",
  status: 200,
  body: { kind: "ConfigMap", metadata: { name: "a", resourceVersion: "9" } },
  headers: { Location: "x" },
  warnings: ["w"],
  revision: "9",
  isPresent: true,
  entries: [{ ...entry }],
};

describe("Asking", () => {
  test("answers itself what no other decides, and passes on what fails", () => {
    const stand = new Stand({ caseOf: () => undefined });
    stand.ask({ ...put, method: "GET" });
    assert.deepEqual(stand.handled, [{ ...put, method: "GET" }], "as it is");
    const error = new Error("no");
    stand.isSlow = true;
    stand.ask(put, "w1");
    const handle = stand.effects.findLast((effect) => effect.kind === "handle");
    stand.tell({ kind: "failed", number: handle?.number ?? 0, error });
    assert.deepEqual(stand.outcomes, [
      { kind: "replied", reply: stand.reply },
      { kind: "broken", error },
    ]);
  });

  test("names the write, the version that it means and what it knows of it", () => {
    const stand = new Stand(second);
    stand.ask(put);
    assert.deepEqual(stand.asked[0]?.question, {
      kind: "write",
      id: "w0",
      request: { ...put, uid: "w0" },
      isForwarded: false,
      unready: [],
      version: { revision: "12", parts: present },
      known: present,
      entries: [],
    });
  });

  test("shows its own name for the version that was decided", () => {
    const stand = new Stand(second);
    stand.ask(put);
    stand.answer("bob", decided);
    const body = { kind: "ConfigMap", metadata: { name: "a", resourceVersion: "12" } };
    const { status, headers, warnings } = decided;
    assert.deepEqual(stand.outcomes, [
      { kind: "replied", reply: { kind: "json", status, body, headers, warnings } },
    ]);
  });

  test("takes in what came of it before it answers", () => {
    let held = [entry];
    const stand = new Stand({ ...second, partsOf: () => held, stampOf: () => held[0]?.stamp });
    stand.ask(put);
    const newer = { ...entry, stamp: formatStamp({ wallMs: 9, counter: 0, machine: "bob" }) };
    held = [];
    const kinds = stand
      .answer("bob", { ...decided, entries: [{ ...newer }] })
      .map(({ kind }) => kind);
    assert.deepEqual(kinds, ["take-in", "reply"]);
    assert.deepEqual(stand.taken, [{ ...newer }]);
  });

  test("sends what the decider lacks", () => {
    const stand = new Stand(second);
    stand.ask(put);
    stand.answer("bob", { kind: "behind", records: present });
    const [first, again] = stand.asked.map(({ question }) => question);
    assert.deepEqual(again, { ...first, entries: [{ ...entry }] });
    stand.answer("bob", decided);
    assert.equal(stand.outcomes[0]?.kind, "replied");
  });

  for (const [answer, outcome] of [
    [
      { kind: "refused", reason: "no" },
      { kind: "refused", collection: matter.collection, reason: "no" },
    ],
    [{ kind: "busy" }, { kind: "busy" }],
    [{ kind: "failed", code: "decision-in-doubt", message: "" }, { kind: "in-doubt" }],
    [
      { kind: "failed", code: "x", message: "y" },
      { kind: "failed", code: "x", message: "y" },
    ],
  ] as const) {
    test(`tells that the decider says ${JSON.stringify(answer)}`, () => {
      const stand = new Stand(second);
      stand.ask(put);
      stand.answer("bob", answer);
      assert.deepEqual(stand.outcomes, [outcome]);
    });
  }

  test("waits while it hears that it is being decided, and no longer", () => {
    const stand = new Stand(second);
    stand.ask(put);
    stand.pass(silenceMs - 1);
    stand.answer("bob", { kind: "working" });
    stand.pass(silenceMs - 1);
    assert.deepEqual([stand.outcomes, stand.asked.length], [[], 1]);
    stand.pass(1);
    assert(stand.effects.some(({ kind }) => kind === "forget"));
    assert.equal(stand.asked[1]?.question.kind, "consult", "now it looks what it would decide by");
  });

  test("decides for one that is silent with a warning, if that leaves it the collection", () => {
    const stand = new Stand(second);
    stand.ask(put);
    stand.pass(silenceMs);
    stand.answer("bob", { kind: "lost" });
    const [outcome] = stand.outcomes;
    assert(outcome?.kind === "replied" && outcome.reply.kind === "json");
    assert.match(outcome.reply.warnings?.[0] ?? "", /does not answer: this one decided/u);
    assert.deepEqual(
      stand.effects.slice(-3).map(({ kind }) => kind),
      ["take-over", "handle", "reply"],
    );
  });

  test("gives up at once what was asked of a machine that is gone", () => {
    const stand = new Stand({ ...second, orderOf: () => ["bob", "cid"] });
    stand.ask(put);
    stand.tell({ kind: "machines", gone: new Set(["bob"]) });
    assert.deepEqual(
      stand.asked.map(({ peer }) => peer),
      ["bob", "cid"],
    );
  });

  test("says that nobody knows of what was lost and must not be done twice", () => {
    const stand = new Stand(second);
    stand.ask(steps);
    stand.answer("bob", { kind: "lost" });
    assert.deepEqual(stand.outcomes, [{ kind: "in-doubt" }]);
    assert.equal(stand.handled.length, 0);
  });

  test("ends, however often others say that they do not decide", () => {
    const stand = new Stand({ orderOf: () => ["bob", "cid"], canDecide: () => false });
    stand.ask(put);
    const refusals: Answer["kind"][] = ["unready", "kept", "working"];
    for (let count = 0; stand.outcomes.length === 0 && count < 1000; count += 1) {
      const asked = stand.asked.at(-1);
      const kind = refusals[count % 2];
      if (asked !== undefined && (kind === "unready" || kind === "kept")) {
        stand.tell({ kind: "answered", number: asked.number, answer: { kind } });
      }
      stand.pass(10);
    }
    assert.equal(stand.outcomes.length, 1);
    assert(stand.asked.length <= asksMax + turnsMax);
  });

  test("names what it wrote of what other writes are judged by", () => {
    const roles = "clusterroles.rbac.authorization.k8s.io/-";
    const role = { collection: roles, record: { collection: roles, name: "r" } };
    let isRole = true;
    const stand = new Stand({
      ...second,
      caseOf: () => (isRole ? { ...matter, ...role, namespace: "" } : matter),
      orderOf: () => (isRole ? ["me", "bob"] : ["bob", "me"]),
      partsOf: ({ collection, name }) => (name === "r" ? [{ ...entry, collection, name }] : []),
    });
    stand.ask(put, "w1");
    isRole = false;
    stand.ask(put, "w2");
    const asked = stand.asked[0]?.question;
    assert.deepEqual(
      asked?.known.map(({ collection, name }) => `${collection} ${name}`),
      [`${roles} r`],
    );
  });

  test("a list of many has revisions of this machine", () => {
    const many = { ...matter, record: { ...matter.record, name: "" } };
    const stand = new Stand({ ...second, caseOf: () => many, revision: () => "3" });
    stand.ask({ ...put, method: "DELETE", body: undefined });
    const list = { kind: "List", metadata: { resourceVersion: "9" }, items: [shownBody] };
    stand.answer("bob", { ...decided, body: list, isPresent: false });
    const [outcome] = stand.outcomes;
    assert(outcome?.kind === "replied" && outcome.reply.kind === "json");
    const item = { kind: "ConfigMap", metadata: { name: "a", resourceVersion: "3" } };
    const metadata = { resourceVersion: "3" };
    assert.deepEqual(outcome.reply.body, { kind: "List", metadata, items: [item] });
  });
});

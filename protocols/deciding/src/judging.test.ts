import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BeeError, rendezvous } from "@beemesh/base";
import { formatStamp } from "@beemesh/wire";
import { confirmMs, handleMs, inFlightMax, workingMs } from "./limits.ts";
import { entry, matter, present, put, question, Stand, shownBody, steps } from "./stand.test.ts";

const second = { orderOf: () => ["bob", "me"] };

describe("Judging", () => {
  test("decides by its own name for the version that the asker means", () => {
    const stand = new Stand();
    stand.reply = { kind: "json", status: 200, body: shownBody, ticket: 1, warnings: ["w"] };
    stand.hear(question);
    assert.equal(stand.handled.length, 0, "what it is decided by is brought first");
    stand.bring();
    assert.deepEqual(stand.handled[0]?.body, { metadata: { name: "a", resourceVersion: "700" } });
    assert.deepEqual(stand.answers, [], "the write is confirmed first");
    stand.confirm(["held by few"]);
    assert.deepEqual(stand.answers, [
      {
        kind: "decided",
        status: 200,
        body: shownBody,
        headers: {},
        warnings: ["w", "held by few"],
        revision: "700",
        isPresent: true,
        entries: [{ ...entry }],
      },
    ]);
  });

  test("leaves a version that is not the present one alone, which is a conflict then", () => {
    const stand = new Stand();
    const older = formatStamp({ wallMs: 4, counter: 0, machine: "me" });
    const parts = present.map((part) => ({ ...part, stamp: older }));
    stand.hear({ ...question, version: { revision: "12", parts } });
    stand.bring();
    assert.deepEqual(stand.handled[0]?.body, put.body);
  });

  test("does once what it is asked twice, also while it is at it", () => {
    const stand = new Stand();
    stand.hear(question, "ann", 1);
    stand.hear(question, "ann", 2);
    stand.bring();
    stand.hear(question, "ann", 3);
    assert.equal(stand.handled.length, 1);
    const answers = stand.effects.filter((effect) => effect.kind === "answer");
    assert.deepEqual(
      answers.map(({ to, reference }) => `${to} ${reference}`),
      ["ann 1", "ann 2", "ann 3"],
    );
    assert.deepEqual(answers[0]?.answer, answers[2]?.answer);
    stand.hear({ ...question, id: "w2" });
    stand.bring();
    assert.equal(stand.handled.length, 2);
  });

  test("refuses who may not write there, and brings nothing for them", () => {
    const stand = new Stand();
    const kinds = stand.hear(question, "eve").map(({ kind }) => kind);
    assert.deepEqual(kinds, ["answer"]);
    assert.equal(stand.answers[0]?.kind, "refused");
  });

  test("asks for what the asker knows to be newer before it looks at anything", () => {
    let isDefined = false;
    const stand = new Stand({ caseOf: () => (isDefined ? matter : undefined) });
    const newer = formatStamp({ wallMs: 9, counter: 0, machine: "ann" });
    const records = present.map((part) => ({ ...part, stamp: newer }));
    const known = { ...question, known: records };
    stand.hear(known);
    assert.deepEqual(stand.answers, [{ kind: "behind", records }]);
    isDefined = true;
    const entries = [{ any: "thing" }];
    stand.hear({ ...known, entries });
    assert.deepEqual(stand.taken, entries);
    stand.bring();
    assert.equal(stand.answers[1]?.kind, "decided");
  });

  test("refuses what writes nothing", () => {
    const stand = new Stand({ caseOf: () => undefined });
    stand.hear(question);
    assert.deepEqual(stand.answers, [{ kind: "refused", reason: "the request writes nothing" }]);
  });

  test("passes on what another decides, once, and decides it if that one cannot", () => {
    const stand = new Stand(second);
    stand.hear(question);
    stand.bring();
    assert.deepEqual(stand.asked[0]?.question, { ...question, isForwarded: true });
    stand.answer("bob", { kind: "refused", reason: "no" });
    assert.deepEqual(stand.answers, [{ kind: "refused", reason: "no" }]);
    stand.hear(question);
    stand.bring();
    stand.answer("bob", { kind: "unready" });
    stand.answer("bob", { kind: "left", entries: [] });
    assert.equal(stand.answers[1]?.kind, "decided");
    stand.hear({ ...question, id: "w2", isForwarded: true });
    stand.bring();
    assert.deepEqual(
      stand.asked.map(({ peer, question: { kind } }) => `${kind} ${peer}`),
      ["write bob", "write bob", "consult bob", "consult bob"],
      "what was passed on is passed on no more",
    );
  });

  test("does not decide what another may have decided and must not be done twice", () => {
    const stand = new Stand(second);
    stand.hear({ ...question, request: steps });
    stand.bring();
    stand.answer("bob", { kind: "lost" });
    assert.deepEqual(stand.answers, [{ kind: "failed", code: "decision-in-doubt", message: "" }]);
    assert.equal(stand.handled.length, 0);
  });

  test("tells what went wrong, and decides it when it is asked again", () => {
    const stand = new Stand();
    stand.reply = { kind: "json", status: 200, body: shownBody, ticket: 1 };
    const fail = (error: unknown): void => {
      stand.hear(question);
      stand.bring();
      const confirm = stand.effects.findLast((effect) => effect.kind === "confirm");
      stand.tell({ kind: "failed", number: confirm?.number ?? 0, error });
    };
    fail(new Error("the disk is full"));
    fail(new BeeError("some-code", "it is coded"));
    assert.deepEqual(stand.answers, [
      { kind: "failed", code: "", message: "the disk is full" },
      { kind: "failed", code: "some-code", message: "it is coded" },
    ]);
    stand.hear(question);
    stand.bring();
    stand.confirm([]);
    assert.equal(stand.answers[2]?.kind, "decided");
  });

  test("a look-up that fails ends the one question", () => {
    const stand = new Stand({
      caseOf: () => {
        throw new Error("no such path");
      },
    });
    stand.hear(question);
    assert.deepEqual(stand.answers, [{ kind: "failed", code: "", message: "no such path" }]);
  });

  test("says now and then that it is at it, and gives up what nobody speaks of", () => {
    const stand = new Stand();
    stand.reply = { kind: "json", status: 200, body: shownBody, ticket: 1 };
    stand.hear(question);
    stand.bring();
    stand.pass(2 * workingMs);
    assert.deepEqual(stand.answers, [{ kind: "working" }, { kind: "working" }]);
    stand.pass(confirmMs);
    assert.deepEqual(stand.answers.at(-1), {
      kind: "failed",
      code: "write-not-durable",
      message: "",
    });
    const told = stand.effects.length;
    stand.pass(10 * workingMs);
    assert.equal(stand.effects.length, told);
  });

  test("nobody knows how it went if the API never says so", () => {
    const stand = new Stand();
    stand.isSlow = true;
    stand.hear(question);
    stand.bring();
    stand.pass(handleMs);
    assert.deepEqual(stand.answers.at(-1), {
      kind: "failed",
      code: "decision-in-doubt",
      message: "",
    });
  });

  test("decides so many questions of one machine at a time", () => {
    const stand = new Stand();
    for (let number = 0; number < inFlightMax + 2; number += 1) {
      stand.hear({ ...question, id: `w${number}` }, "ann", number);
    }
    assert.deepEqual(stand.answers, [{ kind: "busy" }, { kind: "busy" }]);
    stand.hear({ ...question, id: "other" }, "bob");
    stand.bring();
    assert.equal(stand.answers[2]?.kind, "decided", "another's are none of them");
    stand.pass(workingMs * 6);
    stand.hear({ ...question, id: "later" });
    stand.bring();
    assert.equal(stand.answers.at(-1)?.kind, "decided", "those have ended");
  });

  test("leaves a collection to who asks for it, or keeps it", () => {
    const { collection, record } = matter;
    const consult = { kind: "consult", collection, record, known: [] } as const;
    const first = new Stand();
    const names = Array.from({ length: 100 }, (_, index) => `m${index}`);
    const lesser = names.find((name) => rendezvous(collection, ["me", name])[0] === "me");
    assert(lesser);
    first.hear(consult, lesser);
    first.hear(consult, "eve");
    const later = new Stand(second);
    later.hear(consult, "bob");
    assert.deepEqual(first.answers, [{ kind: "kept" }, { kind: "kept" }]);
    assert.deepEqual(later.answers, [{ kind: "left", entries: [{ ...entry }] }]);
  });
});

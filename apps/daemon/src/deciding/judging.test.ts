import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { Answer, Question, WriteQuestion } from "@beemesh/deciding";
import { findResource } from "@beemesh/model";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { formatStamp } from "@beemesh/wire";
import type { Case, Court } from "./court.ts";
import { Judging, type JudgingOptions } from "./judging.ts";

const resource = findResource("", "configmaps");
assert(resource);
const collection = "configmaps/default";
const matter: Case = {
  collection,
  resource,
  namespace: "default",
  name: "a",
  isCounted: false,
  record: { collection, name: "a" },
};

const stamp = formatStamp({ wallMs: 5, counter: 0, machine: "me" });
const present = [{ collection, name: "a", part: "spec", stamp }];

const court: Pick<Court, keyof Court> = {
  self: "me",
  machinesChanged: () => undefined,
  caseOf: () => matter,
  orderOf: () => ["me", "ann"],
  canDecide: () => true,
  isKnown: () => true,
  mayWrite: (peer) => peer === "ann",
  revisionOf: () => "700",
  partsOf: () => [],
  versionOf: () => present,
  stampOf: () => stamp,
  entriesOf: () => [{ ...present[0] }],
  takeIn: () => undefined,
  prepare: () => Promise.resolve(true),
  untilKnown: () => Promise.resolve(true),
  leave: () => undefined,
  leftTo: () => undefined,
  mark: 0,
};

const put: ApiRequest = {
  method: "PUT",
  path: ["api", "v1", "namespaces", "default", "configmaps", "a"],
  query: new Map(),
  accept: "application/json",
  contentType: "application/json",
  body: { metadata: { name: "a", resourceVersion: "12" } },
  user: { name: "ann", groups: ["system:masters"] },
};

const question: WriteQuestion = {
  kind: "write",
  id: "w1",
  request: put,
  isForwarded: false,
  unready: [],
  version: { revision: "12", parts: present },
  known: [],
  entries: [],
};

/** A judge, and the requests that were handled. */
function judgeWith(options: Partial<JudgingOptions> = {}) {
  const handled: ApiRequest[] = [];
  const judging = new Judging({
    court,
    lines: { ask: () => Promise.resolve({ kind: "unreachable" }) },
    bring: () => Promise.resolve(),
    handle: (request): FinalReply => {
      handled.push(request);
      const body = { kind: "ConfigMap", metadata: { name: "a", resourceVersion: "700" } };
      return { kind: "json", status: 200, body, ticket: 1, warnings: ["w"] };
    },
    acknowledged: () => Promise.resolve(["held by few"]),
    clock: () => ({ at: instantAt(0), wallMs: 0 }),
    ...options,
  });
  return { judging, handled };
}

describe("Judging", () => {
  test("decides by its own name for the version that the asker means", async () => {
    const { judging, handled } = judgeWith();
    const answer = await judging.hear("ann", question);
    assert.deepEqual(handled[0]?.body, { metadata: { name: "a", resourceVersion: "700" } });
    assert.deepEqual(answer, {
      kind: "decided",
      status: 200,
      body: { kind: "ConfigMap", metadata: { name: "a", resourceVersion: "700" } },
      headers: {},
      warnings: ["w", "held by few"],
      revision: "700",
      isPresent: true,
      entries: [{ ...present[0] }],
    });
  });

  test("leaves a version that is not the present one alone, which is a conflict then", async () => {
    const { judging, handled } = judgeWith();
    const older = { ...present[0], stamp: formatStamp({ wallMs: 4, counter: 0, machine: "me" }) };
    const parts = [{ collection, name: "a", part: "spec", ...older }];
    await judging.hear("ann", { ...question, version: { revision: "12", parts } });
    assert.deepEqual(handled[0]?.body, put.body);
  });

  test("does once what it is asked twice, also while it is at it", async () => {
    const { judging, handled } = judgeWith();
    const answers = await Promise.all([
      judging.hear("ann", question),
      judging.hear("ann", question),
    ]);
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual(await judging.hear("ann", question), answers[0]);
    assert.equal(handled.length, 1);
    await judging.hear("ann", { ...question, id: "w2" });
    assert.equal(handled.length, 2);
  });

  test("refuses who may not write there, and brings nothing for them", async () => {
    const brought: ApiRequest[] = [];
    const bring = (request: ApiRequest): Promise<void> => {
      brought.push(request);
      return Promise.resolve();
    };
    const { judging, handled } = judgeWith({ bring });
    assert.equal((await judging.hear("eve", question)).kind, "refused");
    assert.equal(handled.length + brought.length, 0);
  });

  test("asks for what the asker knows to be newer before it looks at anything", async () => {
    const newer = { ...present[0], stamp: formatStamp({ wallMs: 9, counter: 0, machine: "ann" }) };
    const record = { collection, name: "a", part: "spec", ...newer };
    const taken: unknown[] = [];
    const learning = {
      ...court,
      caseOf: () => (taken.length > 0 ? matter : undefined),
      takeIn: (_: string, entries: readonly unknown[]) => void taken.push(...entries),
    };
    const { judging, handled } = judgeWith({ court: learning });
    const known = { ...question, known: [record] };
    assert.deepEqual(await judging.hear("ann", known), { kind: "behind", records: [record] });
    assert.equal(handled.length, 0);
    const answer = await judging.hear("ann", { ...known, entries: [{ any: "thing" }] });
    assert.equal(answer.kind, "decided");
  });

  test("refuses what writes nothing", async () => {
    const { judging } = judgeWith({ court: { ...court, caseOf: () => undefined } });
    assert.equal((await judging.hear("ann", question)).kind, "refused");
  });

  test("passes on what another decides, once, and decides it if that one cannot", async () => {
    const asked: string[] = [];
    let reply: Answer = { kind: "kept" };
    const ask = (peer: string, passed: Question): Promise<Answer> => {
      asked.push(`${peer} ${passed.kind === "write" && passed.isForwarded}`);
      return Promise.resolve(reply);
    };
    const second = { ...court, orderOf: () => ["bob", "me"] };
    const { judging, handled } = judgeWith({ court: second, lines: { ask } });
    reply = { kind: "refused", reason: "no" };
    assert.equal((await judging.hear("ann", question)).kind, "refused");
    reply = { kind: "unready" };
    assert.equal((await judging.hear("ann", question)).kind, "decided");
    assert.deepEqual(asked, ["bob true", "bob true"]);
    const forwarded = { ...question, id: "w2", isForwarded: true };
    assert.equal((await judging.hear("ann", forwarded)).kind, "decided");
    assert.equal(asked.length, 2, "what was passed on is passed on no more");
    assert.equal(handled.length, 2);
  });

  test("does not decide what another may have decided and must not be done twice", async () => {
    const contentType = "application/json-patch+json";
    const request = { ...put, method: "PATCH", contentType };
    const second = { ...court, orderOf: () => ["bob", "me"] };
    const lines = { ask: () => Promise.resolve({ kind: "lost" } as const) };
    const { judging, handled } = judgeWith({ court: second, lines });
    const answer = await judging.hear("ann", { ...question, request });
    assert.deepEqual(answer, { kind: "failed", code: "decision-in-doubt", message: "" });
    assert.equal(handled.length, 0);
  });

  test("tells what went wrong, and decides it when it is asked again", async () => {
    let isBroken = true;
    const acknowledged = (): Promise<readonly string[]> =>
      isBroken ? Promise.reject(new Error("the disk is full")) : Promise.resolve([]);
    const { judging } = judgeWith({ acknowledged });
    const failed = await judging.hear("ann", question);
    assert.deepEqual(failed, { kind: "failed", code: "", message: "the disk is full" });
    isBroken = false;
    assert.equal((await judging.hear("ann", question)).kind, "decided");
  });

  test("leaves a collection to who asks for it, or keeps it", async () => {
    const consult = { kind: "consult", collection, record: matter.record, known: [] } as const;
    assert.deepEqual(await judgeWith().judging.hear("ann", consult), { kind: "kept" });
    const leaving = { ...court, leave: () => [{ any: "thing" }] };
    const { judging } = judgeWith({ court: leaving });
    const answer = await judging.hear("ann", consult);
    assert.deepEqual(answer, { kind: "left", entries: [{ any: "thing" }] });
  });
});

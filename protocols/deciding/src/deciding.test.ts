import assert from "node:assert/strict";
import { test } from "node:test";
import { youthMs } from "./limits.ts";
import { put, question, Stand } from "./stand.test.ts";

test("two writes of the same version are decided one after the other", () => {
  const versions: unknown[] = [];
  let revision = 12;
  const stand = new Stand({ revisionOf: () => `${revision}` });
  for (const id of ["w1", "w2"]) stand.hear({ ...question, id }, "ann");
  const brings = stand.effects.filter((effect) => effect.kind === "bring");
  for (const { number } of brings) {
    stand.tell({ kind: "brought", number });
    versions.push(stand.handled.at(-1)?.body);
    revision += 1;
  }
  const bodyOf = (version: string) => ({ metadata: { name: "a", resourceVersion: version } });
  assert.deepEqual(versions, [bodyOf("12"), bodyOf("13")]);
});

test("what nobody waits for changes nothing", () => {
  const stand = new Stand();
  const events = [
    { kind: "sent", number: 99 },
    { kind: "answered", number: 99, answer: { kind: "kept" } },
    { kind: "brought", number: 99 },
    { kind: "confirmed", number: 99, warnings: [] },
    { kind: "failed", number: 99, error: new Error("no") },
    { kind: "machines", gone: new Set(["bob"]) },
    { kind: "tick" },
  ] as const;
  for (const event of events) assert.deepEqual(stand.tell(event), []);
  stand.pass(youthMs);
  assert.equal(stand.ask(put).at(-1)?.kind, "reply");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { podOf, Stage } from "./stage.ts";

test("the stage writes down what was asked and told", () => {
  const stage = Stage.running(podOf());
  assert.equal(stage.lines[0], "> 0 found");
  assert.equal(stage.lines.at(-1), "    status Running ready=True web#0:running+");
});

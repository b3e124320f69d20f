import assert from "node:assert/strict";
import { test } from "node:test";
import { NameServerStage } from "./name-server-stage.ts";

test("a stage tells events and effects as lines", () => {
  const stage = new NameServerStage();
  stage.at(5).query("web");
  stage.answer(1, "found", "10.0.0.1");
  assert.deepEqual(stage.lines, [
    "5 ms: query 1 web type 1 udp",
    "    ask 1 web A",
    "    wake 4005 ms",
    "5 ms: answered 1 found 10.0.0.1",
    "    reply 1 code 0 [10.0.0.1] ttl 5",
  ]);
});

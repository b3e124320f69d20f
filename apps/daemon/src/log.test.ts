import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLog, type Log } from "./log.ts";

function logTo(lines: string[], format: "text" | "json"): Log {
  return createLog({
    format,
    level: "info",
    write: (line) => lines.push(line),
    wallMs: () => Date.UTC(2026, 10, 20),
  });
}

describe("createLog", () => {
  test("writes one line of text with fields, quoted where they need it", () => {
    const lines: string[] = [];
    logTo(lines, "text").info("Started", { pod: "default/web", reason: "two words\nand a line" });
    assert.deepEqual(lines, [
      '2026-11-20T00:00:00.000Z info  Started pod=default/web reason="two words\\nand a line"\n',
    ]);
  });

  test("writes JSON for programs", () => {
    const lines: string[] = [];
    logTo(lines, "json").warn("Lost", { peer: "a" });
    assert.deepEqual(JSON.parse(lines[0] ?? ""), {
      time: "2026-11-20T00:00:00.000Z",
      level: "warn",
      message: "Lost",
      peer: "a",
    });
  });

  test("leaves out what is below its level", () => {
    const lines: string[] = [];
    logTo(lines, "text").debug("noise");
    assert.deepEqual(lines, []);
  });
});

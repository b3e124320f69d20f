import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { decodeKubeLog } from "./kube-log.ts";
import { lastWords, prepareLastWords } from "./last-words.ts";

const kubeLine = (text: string, tag = "F"): string =>
  `2026-11-20T10:42:48.343572539Z stdout ${tag} ${text}\n`;

describe("the last words of a container", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "words-"));
    path = join(folder, "words");
    writeFileSync(join(folder, "log"), "");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const words = (exitCode: number): string =>
    lastWords(path, exitCode, { path: join(folder, "log"), decode: decodeKubeLog });
  const logs = (text: string): void => writeFileSync(join(folder, "log"), text);

  test("stand in a file of their own that any user may write", () => {
    prepareLastWords(path, { fallsBackToLogs: false });
    assert.equal(statSync(path).mode & 0o777, 0o666);
    assert.equal(words(1), "");
    writeFileSync(path, "no honey\n");
    assert.deepEqual([words(0), words(1)], ["no honey\n", "no honey\n"]);
  });

  test("are the last 4096 bytes of it, however large it is", () => {
    prepareLastWords(path, { fallsBackToLogs: false });
    writeFileSync(path, `${"a".repeat(10)}${"b".repeat(4096)}`);
    assert.equal(words(0), "b".repeat(4096));
    truncateSync(path, 2 ** 40);
    assert.equal(words(0).length, 4096);
  });

  test("are the end of the log of who failed in silence, if that was asked for", () => {
    prepareLastWords(path, { fallsBackToLogs: true });
    logs(kubeLine("one") + kubeLine("t", "P") + kubeLine("wo"));
    assert.deepEqual([words(0), words(1)], ["", "one\ntwo\n"]);
    writeFileSync(path, "said");
    assert.equal(words(1), "said");
    prepareLastWords(path, { fallsBackToLogs: false });
    assert.equal(words(1), "");
  });

  test("are at most 80 lines and 2048 bytes of a log", () => {
    prepareLastWords(path, { fallsBackToLogs: true });
    const lines = Array.from({ length: 2000 }, (_, index) => `${index}`);
    logs(lines.map((line) => kubeLine(line)).join(""));
    assert.equal(words(1), `${lines.slice(-80).join("\n")}\n`);
    logs(kubeLine("x".repeat(8000), "P") + kubeLine("y".repeat(3000)));
    assert.equal(words(1), `${"y".repeat(2047)}\n`);
  });

  test("are none of a container that was never made", () => assert.equal(words(1), ""));
});

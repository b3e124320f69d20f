import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, test } from "node:test";
import { decodeKubeLog } from "./kube-log.ts";
import { openLog } from "./log.ts";

const none = { follow: false, timestamps: false };
const day = "2026-11-20T10:00:";

describe("openLog", () => {
  let folder = "";
  let path = "";
  let isOpen = false;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "log-"));
    path = join(folder, "a.log");
    isOpen = true;
    write("01Z stdout F one", "02Z stdout P two ", "02Z stdout F halves", "03Z stderr F three");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (...lines: string[]): void =>
    appendFileSync(path, lines.map((line) => `${day}${line}\n`).join(""));
  const read = (options: Parameters<typeof openLog>[1]): Promise<string> => text(follow(options));
  const follow = (options: Parameters<typeof openLog>[1]): Readable =>
    openLog({ path, decode: decodeKubeLog, isOpen: () => isOpen, mayLackLastFeed: false }, options);

  test("gives every line with its end", async () => {
    assert.equal(await read(none), "one\ntwo halves\nthree\n");
  });

  test("gives the last lines, whole, whatever they are made of", async () => {
    assert.equal(await read({ ...none, tailLines: 2 }), "two halves\nthree\n");
    assert.equal(await read({ ...none, tailLines: 0 }), "");
    assert.equal(await read({ ...none, tailLines: 9 }), "one\ntwo halves\nthree\n");
  });

  test("gives what is new enough, with its time, and no more bytes than asked for", async () => {
    const sinceMs = Date.parse(`${day}03Z`);
    const options = { ...none, timestamps: true, sinceMs };
    assert.equal(await read(options), `${day}03Z three\n`);
    assert.equal(await read({ ...none, limitBytes: 5 }), "one\nt");
  });

  test("has nothing to give of a log that is not there", async () => {
    rmSync(path);
    assert.equal(await read(none), "");
  });

  test("follows until the log is closed, over a rotation", async () => {
    const stream = follow({ ...none, follow: true, tailLines: 1 });
    const seen: string[] = [];
    for await (const piece of stream) {
      seen.push(String(piece));
      if (seen.length === 1) write("04Z stdout F four");
      if (seen.length === 2) {
        writeFileSync(`${path}.new`, `${day}05Z stdout F five\n`);
        renameSync(`${path}.new`, path);
      }
      if (seen.length === 3) {
        write("06Z stdout F six");
        isOpen = false;
      }
    }
    assert.equal(seen.join(""), "three\nfour\nfive\nsix\n");
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { findPrograms, lackOf } from "./programs.ts";
import { run } from "./run.ts";

test("a program that is found runs, and what is missing is named", async (t) => {
  const found = findPrograms("curl");
  const lack = lackOf(found);
  if (found.curl === undefined) {
    assert.match(String(lack), /needs curl/u);
    t.skip(String(lack));
    return;
  }
  assert.equal(lack, false);
  const { code, stdout } = await run([found.curl.path, "--version"], { env: found.curl.env });
  assert.equal(code, 0);
  assert.match(stdout, /^curl \d/u);
  assert.equal(lackOf({ curl: undefined, wrk: undefined }), lackText);
});

const lackText = "needs curl, wrk (Debian: apt-get install)";

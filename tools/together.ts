/** Loads the files of tests that are named on the command line, so that one process runs them all. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

for (const path of process.argv.slice(2)) {
  try {
    await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    // The others are run all the same.
    test(`${path} is loaded`, () => assert.ifError(error));
  }
}

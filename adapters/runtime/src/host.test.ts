import assert from "node:assert/strict";
import { test } from "node:test";
import { lookAtHost, parseLimits } from "./host.ts";

test("parseLimits reads hard limits and knows what is unlimited", () => {
  const text = [
    "Limit                     Soft Limit           Hard Limit           Units",
    "Max processes             unlimited            unlimited            processes",
    "Max open files            1024                 20000                files",
  ].join("\n");
  assert.deepEqual(parseLimits(text), { openFilesMax: 20_000, processesMax: 4_194_304 });
  assert.deepEqual(parseLimits(""), { openFilesMax: 1_048_576, processesMax: 4_194_304 });
});

test("lookAtHost gives limits that a child of this process may have", () => {
  assert(lookAtHost().limits.openFilesMax > 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultData } from "@beemesh/daemon";
import { Command } from "commander";
import { homeOf, withData } from "./data-option.ts";

test("homeOf takes the flag, then the environment, then the usual place", () => {
  const before = process.env["BEEMESH_DATA"];
  try {
    process.env["BEEMESH_DATA"] = "/from-environment";
    assert.equal(homeOf({ data: "/from-flag" }).data, "/from-flag");
    assert.equal(homeOf({}).data, "/from-environment");
    delete process.env["BEEMESH_DATA"];
    assert.equal(homeOf({}).data, defaultData());
  } finally {
    if (before !== undefined) process.env["BEEMESH_DATA"] = before;
  }
  assert.match(withData(new Command("x")).helpInformation(), /--data <directory>/u);
});

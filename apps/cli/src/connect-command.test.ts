import assert from "node:assert/strict";
import { test } from "node:test";
import { readService } from "./connect-command.ts";

test("a service is named as kubectl names it, or by its name alone", () => {
  for (const text of ["svc/web", "service/web", "services/web", "web"]) {
    assert.equal(readService(text), "web");
  }
  for (const text of ["", "pod/web", "svc/", "svc/a/b", "Web", "-a"]) {
    assert.throws(() => readService(text), { code: "commander.invalidArgument" });
  }
});

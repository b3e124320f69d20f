import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiRequest } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { deleteOptionsOf, writeOptionsOf } from "./write-options.ts";

function request(query: Record<string, string>, body?: Json): ApiRequest {
  return {
    method: "POST",
    path: [],
    query: new Map(Object.entries(query).map(([key, value]) => [key, [value]])),
    accept: "",
    contentType: "",
    body,
    user: { name: "ann", groups: [] },
  };
}

test("writing asks for dry runs, validation and a manager; anything else is refused", () => {
  assert.deepEqual(
    writeOptionsOf(request({ dryRun: "All", fieldManager: "me" }), "CreateOptions"),
    {
      ok: true,
      value: {
        dryRun: true,
        fieldValidation: "Warn",
        doubled: [],
        fieldManager: "me",
        userAgent: "",
        force: undefined,
      },
    },
  );
  for (const query of [
    { dryRun: "None" },
    { fieldValidation: "Loose" },
    { fieldManager: "x".repeat(129) },
    { fieldManager: "a\nb" },
  ]) {
    const options = writeOptionsOf(request(query), "CreateOptions");
    assert(!options.ok && options.status.code === 422);
  }
});

test("whoever does not name itself goes by its program, and force is a flag", () => {
  const userAgent = "kubectl/v1.33.0 (linux/amd64) kubernetes/60a317e";
  const options = writeOptionsOf({ ...request({ force: "true" }), userAgent }, "PatchOptions");
  assert(options.ok && options.value.userAgent === "kubectl" && options.value.force === true);
  const unforced = writeOptionsOf(request({ force: "false" }), "PatchOptions");
  assert(unforced.ok && unforced.value.force === false);
});

test("deleting is asked for in the body or, without one, in the query", () => {
  const ofBody = deleteOptionsOf(request({}, { gracePeriodSeconds: 3, dryRun: ["All"] }));
  assert(ofBody.ok && ofBody.value.gracePeriodSeconds === 3 && ofBody.value.dryRun);
  const ofQuery = deleteOptionsOf(
    request({ gracePeriodSeconds: "7", propagationPolicy: "Orphan" }),
  );
  assert(ofQuery.ok && ofQuery.value.gracePeriodSeconds === 7);
  assert.equal(ofQuery.value.propagationPolicy, "Orphan");
  const old = deleteOptionsOf(request({ orphanDependents: "true" }));
  assert(old.ok && old.value.propagationPolicy === "Orphan");
  const negative = deleteOptionsOf(request({}, { gracePeriodSeconds: -1 }));
  assert(negative.ok && negative.value.gracePeriodSeconds === 1);
});

test("deleting refuses what is no DeleteOptions", () => {
  for (const body of [[], "now", { kind: "Pod" }, { gracePeriodSeconds: "soon" }]) {
    const options = deleteOptionsOf(request({}, body));
    assert(!options.ok && options.status.code === 400);
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ApplyObject, postWorkloads } from "./workload-post.ts";

function manifest(kind: string, name: string): string {
  return `---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;
}

/** An `apply` that refuses the objects called `bad`, and what it was asked to write. */
function recorder(badWhenDry: boolean): { apply: ApplyObject; written: string[] } {
  const written: string[] = [];
  const apply: ApplyObject = async ({ metadata }, { dryRun }) => {
    const isBad = JSON.stringify(metadata).includes('"bad"') && dryRun === badWhenDry;
    if (isBad) return { status: 422, body: { message: "no such thing" } };
    if (!dryRun) written.push(JSON.stringify(metadata));
    return { status: 200, body: {} };
  };
  return { apply, written };
}

describe("postWorkloads", () => {
  test("applies all documents in order", async () => {
    const { apply, written } = recorder(true);
    const text = manifest("Deployment", "web") + manifest("Service", "web");
    const answer = await postWorkloads(text, "stateless", apply);
    assert.deepEqual(answer.body["applied"], ["Deployment/web", "Service/web"]);
    assert.equal(written.length, 2);
  });

  test("writes nothing if one document would be refused", async () => {
    const { apply, written } = recorder(true);
    const text = manifest("Deployment", "web") + manifest("Service", "bad");
    const answer = await postWorkloads(text, "stateless", apply);
    assert.equal(answer.status, 422);
    assert.match(JSON.stringify(answer.body), /Service\/bad: no such thing/u);
    assert.deepEqual(written, []);
  });

  test("says what was written if a write fails all the same", async () => {
    const { apply } = recorder(false);
    const text = manifest("Deployment", "web") + manifest("Service", "bad");
    const answer = await postWorkloads(text, "stateless", apply);
    assert.deepEqual(answer.body["applied"], ["Deployment/web"]);
  });

  for (const [text, type, status] of [
    [manifest("StatefulSet", "a"), "stateless", 422],
    [manifest("Deployment", "a"), "stateful", 422],
    [manifest("StatefulSet", "a"), "stateful", 200],
    ["", "stateless", 400],
    ["a: [", "stateless", 400],
  ] as const) {
    test(`answers ${status} to ${JSON.stringify(text.slice(0, 40))} at ${type}`, async () => {
      const answer = await postWorkloads(text, type, recorder(true).apply);
      assert.equal(answer.status, status);
    });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@beemesh/dev";
import { createDeployment, deleteDeployment } from "./workload.ts";

/** A client that answers with a status, and tells what it was asked. */
function fakeClient(status: number): Client & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    call: async (method, path) => {
      asked.push(`${method} ${path}`);
      return { status, body: {}, text: "", warnings: "" };
    },
    items: async (path) => {
      asked.push(`LIST ${path}`);
      return [];
    },
  };
}

const path = "/apis/apps/v1/namespaces/default/deployments";

test("createDeployment throws unless the API says created", async () => {
  await createDeployment(fakeClient(201), "a", 1);
  await assert.rejects(createDeployment(fakeClient(409), "a", 1), /status 409/u);
});

test("deleteDeployment waits until its pods are gone", async () => {
  const client = fakeClient(200);
  await deleteDeployment(client, "a");
  assert.deepEqual(client.asked, [`DELETE ${path}/a`, "LIST /api/v1/pods?labelSelector=app%3Da"]);
});

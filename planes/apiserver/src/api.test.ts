import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import fc from "fast-check";
import { listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

describe("createApi", () => {
  test("makes the system namespaces once, with the same uids on every machine", () => {
    const uids = (client: TestClient): readonly string[] =>
      listAt(client.send(`GET ${paths.namespaces}`).body, "items").map((item) =>
        textAt(item, "metadata", "uid"),
      );
    const client = new TestClient();
    const { revision } = client.store;
    client.api.bootstrap(client.now);
    assert.equal(client.store.revision, revision);
    assert.equal(new Set(uids(client)).size, 4);
    assert.deepEqual(uids(client), uids(new TestClient()));
    assert(uids(client).every((uid) => /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8/u.test(uid)));
  });

  test("answers what it does not serve by 404 and 405", () => {
    const client = new TestClient();
    assert.equal(client.send("GET /nothing").status, 404);
    assert.equal(client.send("POST /api/v1/pods", podManifest("web")).status, 405);
    assert.equal(client.send(`POST ${paths.pods}/web`, podManifest("web")).status, 405);
    assert.equal(client.send(`BREW ${paths.pods}`).status, 405);
    assert.equal(client.send(`GET ${paths.pods}/`).status, 200);
  });

  test("hands out the ticket of a write, and none where nothing was written", () => {
    const client = new TestClient();
    const made = client.send(`POST ${paths.pods}`, podManifest("web")).reply;
    assert(made.kind === "json" && made.ticket !== undefined);
    const dry = client.send(`POST ${paths.pods}?dryRun=All`, podManifest("web2")).reply;
    assert(dry.kind === "json" && dry.ticket === undefined);
  });

  test("says that an object is too large for the store; other failures it does not hide", () => {
    const client = new TestClient();
    const send = (error: Error): number => {
      client.store.putSpec = () => {
        throw error;
      };
      return client.send(`POST ${paths.pods}`, podManifest("web")).status;
    };
    assert.equal(send(new BeeError("object-too-large", "Cannot keep object web: too large")), 413);
    assert.throws(() => send(new BeeError("disk-full", "Cannot write")), { code: "disk-full" });
  });

  test("answers any request, whatever it is", () => {
    const segment = fc.constantFrom(
      "api",
      "apis",
      "apps",
      "v1",
      "namespaces",
      "default",
      "pods",
      "deployments",
      "web",
      "status",
      "scale",
      "exec",
      "eviction",
      "binding",
      "openapi",
      "",
    );
    const methods = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X");
    const types = fc.constantFrom(
      "application/json",
      "application/merge-patch+json",
      "application/json-patch+json",
      "application/strategic-merge-patch+json",
      "application/apply-patch+yaml",
    );
    const query = fc.constantFrom("", "?watch=1", "?fieldManager=x", "?limit=x", "?dryRun=All");
    const client = new TestClient();
    client.send(`POST ${paths.pods}`, podManifest("web", { nodeName: "ann" }));
    fc.assert(
      fc.property(
        fc.tuple(methods, fc.array(segment, { maxLength: 8 }), query),
        fc.jsonValue(),
        types,
        ([method, path, text], body, contentType) => {
          const line = `${method} /${path.join("/")}${text}`;
          const { status } = client.send(line, JSON.parse(JSON.stringify(body)), { contentType });
          assert(status >= 101 && status < 500);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

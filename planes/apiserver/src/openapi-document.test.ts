import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApiReply } from "@beemesh/ports";
import { fieldAt, textAt } from "./field.ts";
import { TestClient, type TestRequest } from "./test-client.ts";

const client = new TestClient();
const protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

function ask(url: string, request: TestRequest = {}): ApiReply {
  return client.send(`GET ${url}`, undefined, request).reply;
}

function headersOf(reply: ApiReply): Readonly<Record<string, string>> {
  assert(reply.kind === "json" || reply.kind === "bytes");
  return reply.headers ?? {};
}

describe("OpenAPI v2", () => {
  test("is whole, in the form that kubectl asks for and as JSON", () => {
    const binary = ask("/openapi/v2", { accept: `${protobuf},*/*` });
    assert(binary.kind === "bytes" && binary.body instanceof Uint8Array);
    assert.equal(binary.contentType, protobuf.replace("@", "."));
    assert(Buffer.from(binary.body).includes("io.k8s.api.apps.v1.Deployment"));
    const json = ask("/openapi/v2", { accept: "application/json" });
    assert(json.kind === "bytes" && typeof json.body === "string");
    assert.equal(json.contentType, "application/json");
    const document: unknown = JSON.parse(json.body);
    assert.equal(textAt(document, "swagger"), "2.0");
    const path = "/api/v1/namespaces/{namespace}/pods/{name}";
    assert(fieldAt(document, "paths", path, "patch") !== undefined);
    assert.equal(ask("/openapi/v2", { accept: "text/html" }).kind, "json");
    assert.equal(client.send("GET /openapi/v2", undefined, { accept: "text/html" }).status, 406);
    assert.equal(client.send("GET /openapi/v4").status, 404);
  });

  test("is not sent again to who has it", () => {
    const { ETag: tag = "" } = headersOf(ask("/openapi/v2"));
    assert.match(tag, /^"[0-9A-F]+"$/u);
    const again = ask("/openapi/v2", { ifNoneMatch: `"other", W/${tag}` });
    assert(again.kind === "bytes");
    assert.deepEqual([again.status, again.body, headersOf(again)["ETag"]], [304, "", tag]);
    assert.equal(client.send("GET /openapi/v2", undefined, { ifNoneMatch: '"other"' }).status, 200);
  });
});

describe("OpenAPI v3", () => {
  test("is kept for ever by who asks for it by its hash", () => {
    const { body } = client.send("GET /openapi/v3");
    const url = textAt(fieldAt(body, "paths"), "apis/apps/v1", "serverRelativeURL");
    assert.match(headersOf(ask(url))["Cache-Control"] ?? "", /public, immutable, max-age=\d+/u);
    assert.equal(headersOf(ask(`${url}0`))["Cache-Control"], undefined);
    const ifNoneMatch = headersOf(ask("/openapi/v3/apis/apps/v1"))["ETag"] ?? "";
    assert.equal(client.send(`GET ${url}`, undefined, { ifNoneMatch }).status, 304);
  });
});

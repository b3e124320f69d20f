import assert from "node:assert/strict";
import { test } from "node:test";
import { isKubeObject, ResourceBook } from "@beemesh/model";
import { TestClient } from "../test-client.ts";
import { customDocuments } from "./documents.ts";
import { customPaths, gatewayDefinition } from "./test-definition.ts";

test("documents are made once for each edition of the book", () => {
  const book = new ResourceBook();
  assert.equal(customDocuments(book).additions, undefined);
  const definition = gatewayDefinition();
  assert(isKubeObject(definition));
  book.learn(definition);
  const documents = customDocuments(book);
  assert.equal(customDocuments(book), documents);
  assert.deepEqual([...documents.byPath.keys()].toSorted(), [
    "apis/net.example.com/v1",
    "apis/net.example.com/v1beta1",
  ]);
});

test("version 2 has the definitions and paths of custom resources", () => {
  const client = new TestClient();
  const text = (): string => {
    const { reply } = client.send("GET /openapi/v2");
    return reply.kind === "bytes" ? String(reply.body) : "";
  };
  assert(!text().includes("com.example.net.v1.Gateway"));
  client.send(`POST ${customPaths.definitions}`, gatewayDefinition());
  const parsed = JSON.parse(text());
  assert("com.example.net.v1.Gateway" in parsed.definitions);
  const path = "/apis/net.example.com/v1/namespaces/{namespace}/gateways/{name}";
  const [first] = parsed.paths[path].put.parameters.filter(
    (parameter: { readonly in: string }) => parameter.in === "body",
  );
  assert.deepEqual(first.schema, { $ref: "#/definitions/com.example.net.v1.Gateway" });
});

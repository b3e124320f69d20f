/** What is said of fields that nobody knows, or that stand twice. */
import assert from "node:assert/strict";
import type { Behaviours } from "./behaviour.ts";
import { type Answer, textAt } from "./client.ts";
import { workload } from "./manifest.ts";
import type { World } from "./world.ts";

/** A Deployment as text, with a member more at its end, and one that stands twice. */
function textOf(name: string, more: string): string {
  const text = JSON.stringify(workload("deployments", name, { replicas: 0 }));
  return `${text.slice(0, -1)},${more}}`;
}

function post(world: World, text: string, fieldValidation: string): Promise<Answer> {
  const line = `POST ${world.path("deployments")}?fieldValidation=${fieldValidation}`;
  return world.client.send(line, Buffer.from(text));
}

const yaml = `apiVersion: apps/v1
kind: Deployment
metadata: { name: applied }
spec:
  replicas: 0
  unknownField: true
  selector: { matchLabels: { app: applied } }
  template:
    metadata: { labels: { app: applied } }
    spec: { containers: [{ name: main, image: "localhost/none:1", unknownNested: 1 }] }
`;

export const validation: Behaviours = {
  "am FieldValidation unknown and duplicate fields of typed object": async (world) => {
    const text = textOf("a", `"unknownField":true,"metadata":{"name":"a"}`);
    const strict = await post(world, text, "Strict");
    assert.deepEqual([strict.status, strict.body["reason"]], [400, "BadRequest"], strict.text);
    const message = textAt(strict.body, "message");
    assert.match(message, /strict decoding error/u);
    assert.match(message, /unknown field "unknownField"/u);
    assert.match(message, /duplicate field "metadata"/u);
    const warned = await post(world, text, "Warn");
    assert.equal(warned.status, 201, warned.text);
    assert.match(warned.warnings, /unknown field \\"unknownField\\"/u);
    assert.match(warned.warnings, /duplicate field \\"metadata\\"/u);
    const ignored = await post(
      world,
      textOf("b", `"unknownField":true,"metadata":{"name":"b"}`),
      "Ignore",
    );
    assert.deepEqual([ignored.status, ignored.warnings], [201, ""]);
    const line = `PATCH ${world.path("deployments", "applied")}?fieldManager=test&fieldValidation=Strict`;
    const applied = await world.client.send(line, Buffer.from(yaml), {
      contentType: "application/apply-patch+yaml",
    });
    assert.equal(applied.status, 400, applied.text);
    assert.match(textAt(applied.body, "message"), /unknown field "spec\.unknownField"/u);
    const twice = Buffer.from(yaml.replace("  replicas: 0\n", "  replicas: 0\n  replicas: 1\n"));
    const contentType = "application/apply-patch+yaml";
    const double = await world.client.send(line, twice, { contentType });
    assert.equal(double.status, 400, double.text);
    assert.match(textAt(double.body, "message"), /key "replicas" already set in map/u);
  },

  "am FieldValidation unknown metadata fields of typed object": async (world) => {
    const body = JSON.stringify({
      ...workload("deployments", "a", { replicas: 0 }),
      metadata: { name: "a", unknownMeta: "x" },
    });
    const strict = await post(world, body, "Strict");
    assert.equal(strict.status, 400, strict.text);
    assert.match(textAt(strict.body, "message"), /unknown field "metadata\.unknownMeta"/u);
    const warned = await post(world, body, "Warn");
    assert.equal(warned.status, 201);
    assert.match(warned.warnings, /unknown field \\"metadata\.unknownMeta\\"/u);
  },
};

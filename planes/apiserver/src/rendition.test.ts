import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "./field.ts";
import { formatOf } from "./rendition.ts";
import { TestClient } from "./test-client.ts";
import { configMapManifest, paths } from "./test-object.ts";

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

function formatKind(accept: string, subject: "object" | "list" = "object"): string {
  const format = formatOf({ accept, query: new Map() }, subject);
  return format.ok ? format.value.kind : String(format.status.code);
}

describe("formatOf", () => {
  for (const [accept, kind] of [
    ["", "object"],
    ["*/*", "object"],
    [asTable, "table"],
    ["application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "object"],
    ["application/json;as=Table;v=v2;g=meta.k8s.io", "406"],
    ["application/vnd.kubernetes.protobuf,application/json", "object"],
    ["application/vnd.kubernetes.protobuf", "406"],
    ["application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "partial"],
    ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", "406"],
  ] as const) {
    test(`answers ${accept || "nothing"} with ${kind}`, () => {
      assert.equal(formatKind(accept), kind);
    });
  }

  test("gives lists as lists of metadata", () => {
    const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    assert.equal(formatKind(accept, "list"), "partial");
  });
});

describe("tables", () => {
  function client(): TestClient {
    const made = new TestClient();
    made.send(`POST ${paths.configMaps}`, configMapManifest("conf", { a: "1" }));
    return made;
  }

  test("have columns, rows, the revision, and as much of each object as asked", () => {
    const { body } = client().send(`GET ${paths.configMaps}`, undefined, { accept: asTable });
    assert.equal(textAt(body, "kind"), "Table");
    assert.deepEqual(listAt(body, "rows", 0, "cells"), ["conf", 1, "0s"]);
    assert.equal(listAt(body, "columnDefinitions").length, 3);
    assert.equal(textAt(body, "rows", 0, "object", "kind"), "PartialObjectMetadata");
    assert.notEqual(textAt(body, "metadata", "resourceVersion"), "");
    const send = (include: string): unknown =>
      client().send(`GET ${paths.configMaps}?includeObject=${include}`, undefined, {
        accept: asTable,
      }).body;
    assert.equal(fieldAt(send("None"), "rows", 0, "object"), null);
    assert.equal(textAt(send("Object"), "rows", 0, "object", "data", "a"), "1");
  });

  test("are given for one object too", () => {
    const { body } = client().send(`GET ${paths.configMaps}/conf`, undefined, { accept: asTable });
    assert.equal(listAt(body, "rows").length, 1);
  });

  test("show ages as of each event", () => {
    const made = client();
    const watch = made.watch(`${paths.configMaps}?watch=true`, { accept: asTable });
    made.pass(5000);
    made.send(`DELETE ${paths.configMaps}/conf`);
    const ages = watch.events.map(({ object }) => fieldAt(object, "rows", 0, "cells", 2));
    assert.deepEqual(ages, ["0s", "5s"]);
  });

  test("name their columns once in a watch", () => {
    const made = client();
    const watch = made.watch(`${paths.configMaps}?watch=true`, { accept: asTable });
    made.send(`POST ${paths.configMaps}`, configMapManifest("more"));
    const counts = watch.events.map(({ object }) => listAt(object, "columnDefinitions").length);
    assert.deepEqual(counts, [3, 0]);
  });
});

test("metadata alone is given for lists", () => {
  const client = new TestClient();
  const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
  const { body } = client.send(`GET ${paths.namespaces}`, undefined, { accept });
  assert.equal(textAt(body, "kind"), "PartialObjectMetadataList");
  assert.equal(fieldAt(body, "items", 0, "status"), undefined);
  assert.equal(textAt(body, "items", 0, "metadata", "name"), "default");
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "./field.ts";
import { type TestAnswer, TestClient } from "./test-client.ts";
import { configMapManifest, deploymentManifest, paths } from "./test-object.ts";

const apply = { contentType: "application/apply-patch+yaml" };
const merge = { contentType: "application/merge-patch+json" };
const map = `${paths.configMaps}/conf`;
const web = `${paths.deployments}/web`;

/** The configuration that somebody applies at a place, whose query may say more. */
function applyAs(
  client: TestClient,
  manager: string,
  place: string,
  config: JsonObject,
): TestAnswer {
  const [url = "", more = ""] = place.split("?");
  return client.send(`PATCH ${url}?fieldManager=${manager}&${more}`, config, apply);
}

/** The entries of an answer: who, how, through what, and the fields. */
function entries({ body }: TestAnswer): readonly (readonly unknown[])[] {
  return listAt(body, "metadata", "managedFields").map((entry) => [
    textAt(entry, "manager"),
    textAt(entry, "operation") + textAt(entry, "subresource"),
    fieldAt(entry, "fieldsV1"),
  ]);
}

function names(answer: TestAnswer): readonly unknown[] {
  return entries(answer).map(([manager, how]) => `${String(manager)} ${String(how)}`);
}

describe("server-side apply", () => {
  test("owns what it applies, and takes away what it applies no more", () => {
    const client = new TestClient();
    const first = applyAs(client, "ann", map, configMapManifest("conf", { a: "1", b: "2" }));
    assert.equal(first.status, 201);
    assert.deepEqual(entries(first), [["ann", "Apply", { "f:data": { "f:a": {}, "f:b": {} } }]]);
    const bob = applyAs(client, "bob", map, configMapManifest("conf", { b: "2", c: "3" }));
    assert.equal(bob.status, 200);
    const less = applyAs(client, "ann", map, configMapManifest("conf", {}));
    assert.deepEqual(fieldAt(less.body, "data"), { b: "2", c: "3" });
  });

  test("says who owns what it would change, and takes it if it must", () => {
    const client = new TestClient();
    client.send(`POST ${paths.deployments}?fieldManager=maker`, deploymentManifest("web", 3));
    const wanted = { apiVersion: "apps/v1", kind: "Deployment", spec: { replicas: 5 } };
    const refused = applyAs(client, "bob", web, wanted);
    assert.equal(refused.status, 409);
    assert.equal(
      textAt(refused.body, "message"),
      'Apply failed with 1 conflict: conflict with "maker" using apps/v1: .spec.replicas',
    );
    assert.equal(textAt(refused.body, "reason"), "Conflict");
    assert.deepEqual(listAt(refused.body, "details", "causes"), [
      {
        reason: "FieldManagerConflict",
        message: 'conflict with "maker" using apps/v1',
        field: ".spec.replicas",
      },
    ]);
    const forced = applyAs(client, "bob", `${web}?force=true`, wanted);
    assert.equal(fieldAt(forced.body, "spec", "replicas"), 5);
    assert.equal(fieldAt(forced.body, "metadata", "generation"), 2);
    assert.deepEqual(entries(forced)[0], ["bob", "Apply", { "f:spec": { "f:replicas": {} } }]);
  });

  test("lists several conflicts by manager", () => {
    const client = new TestClient();
    applyAs(client, "ann", map, configMapManifest("conf", { a: "1", b: "1" }));
    applyAs(client, "bob", map, configMapManifest("conf", { c: "1" }));
    const wanted = configMapManifest("conf", { a: "2", b: "2", c: "2" });
    const { body } = applyAs(client, "carl", map, wanted);
    assert.equal(
      textAt(body, "message"),
      'Apply failed with 3 conflicts: conflicts with "ann":\n- .data.a\n- .data.b\n' +
        'conflicts with "bob":\n- .data.c',
    );
  });

  test("leaves defaults to nobody, and fills them in again", () => {
    const client = new TestClient();
    const created = applyAs(client, "ann", web, deploymentManifest("web", 3));
    assert.equal(fieldAt(created.body, "spec", "revisionHistoryLimit"), 10);
    const manifest = deploymentManifest("web");
    const spec = fieldAt(manifest, "spec");
    assert(isJsonObject(spec));
    const { replicas: _, ...rest } = spec;
    const less = applyAs(client, "ann", web, { ...manifest, spec: rest });
    assert.equal(fieldAt(less.body, "spec", "replicas"), 1);
    const history = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      spec: { revisionHistoryLimit: 3 },
    };
    assert.equal(applyAs(client, "bob", web, history).status, 200);
  });

  test("writes nothing in a dry run, and nothing if nothing changes", () => {
    const client = new TestClient();
    const dry = applyAs(client, "ann", `${map}?dryRun=All`, configMapManifest("conf", { a: "1" }));
    assert.equal(dry.status, 201);
    assert.equal(client.send(`GET ${map}`).status, 404);
    applyAs(client, "ann", map, configMapManifest("conf", { a: "1" }));
    const before = client.store.revision;
    client.pass(5000);
    applyAs(client, "ann", map, configMapManifest("conf", { a: "1" }));
    applyAs(client, "bob", `${map}?dryRun=All`, configMapManifest("conf", { a: "1" }));
    assert.equal(client.store.revision, before);
    const shared = applyAs(client, "bob", map, configMapManifest("conf", { a: "1" }));
    assert.deepEqual(names(shared), ["ann Apply", "bob Apply"]);
  });

  test("refuses what it cannot do, with a status that says why", () => {
    const client = new TestClient();
    const twice: Json = [
      { name: "m", image: "x" },
      { name: "m", image: "y" },
    ];
    const manifest = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } };
    const pod = `${paths.pods}/p`;
    const duplicate = applyAs(client, "ann", pod, { ...manifest, spec: { containers: twice } });
    assert.equal(duplicate.status, 400);
    assert.match(textAt(duplicate.body, "message"), /duplicate entries for key \[name="m"\]/u);
    const owned = { ...manifest, metadata: { name: "p", managedFields: [] } };
    assert.equal(applyAs(client, "ann", pod, owned).status, 400);
    const strict = { ...manifest, spec: { kontainers: [] } };
    assert.equal(applyAs(client, "ann", `${pod}?fieldValidation=Strict`, strict).status, 400);
    assert.equal(applyAs(client, "", pod, manifest).status, 422);
    assert.equal(client.send(`PATCH ${map}?force=true`, {}, merge).status, 422);
    assert.equal(client.send(`PATCH ${map}?fieldManager=ann`, undefined, apply).status, 400);
  });

  test("is meant for one object and one version of it, if it says so", () => {
    const client = new TestClient();
    const config = (metadata: JsonObject): JsonObject => ({
      ...configMapManifest("conf", { a: "1" }),
      metadata: { name: "conf", ...metadata },
    });
    assert.equal(applyAs(client, "ann", map, config({ uid: "u" })).status, 409);
    assert.equal(applyAs(client, "ann", map, config({ resourceVersion: "7" })).status, 409);
    const { body } = applyAs(client, "ann", map, config({}));
    assert.equal(applyAs(client, "ann", map, config({ uid: "other" })).status, 409);
    assert.equal(applyAs(client, "ann", map, config({ resourceVersion: "7" })).status, 409);
    const [uid, resourceVersion] = ["uid", "resourceVersion"].map((member) =>
      textAt(body, "metadata", member),
    );
    const same = config({ uid: uid ?? "", resourceVersion: resourceVersion ?? "" });
    assert.equal(applyAs(client, "ann", map, same).status, 200);
  });

  test("of a status owns the status, and is kept with it", () => {
    const client = new TestClient();
    client.send(`POST ${paths.deployments}?fieldManager=maker`, deploymentManifest("web"));
    const status = { observedGeneration: 7 };
    const config = { apiVersion: "apps/v1", kind: "Deployment", status };
    const done = applyAs(client, "ctl", `${web}/status`, config);
    assert.equal(done.status, 200);
    assert.deepEqual(names(done), ["ctl Applystatus", "maker Update"]);
    const other = { ...config, status: { observedGeneration: 8 } };
    const refused = applyAs(client, "other", `${web}/status`, other);
    assert.match(textAt(refused.body, "message"), /"ctl" with subresource "status"/u);
    // A status in what is applied to the object itself is nobody's.
    const main = applyAs(client, "ann", web, config);
    assert(!names(main).includes("ann Apply"));
    const gone = applyAs(client, "ctl", `${web}/status`, { ...config, status: {} });
    assert.equal(fieldAt(gone.body, "status", "observedGeneration"), undefined);
  });

  test("of a scale owns the number of replicas", () => {
    const client = new TestClient();
    applyAs(client, "ann", web, deploymentManifest("web", 3));
    const scale = { apiVersion: "autoscaling/v1", kind: "Scale", spec: { replicas: 4 } };
    const refused = applyAs(client, "hpa", `${web}/scale`, scale);
    assert.equal(refused.status, 409);
    const taken = applyAs(client, "hpa", `${web}/scale?force=true`, scale);
    assert.equal(taken.status, 200);
    assert.equal(fieldAt(taken.body, "spec", "replicas"), 4);
    const after = client.send(`GET ${web}`);
    assert(names(after).includes("hpa Applyscale"));
    const conflict = applyAs(client, "ann", web, deploymentManifest("web", 3));
    assert.match(
      textAt(conflict.body, "message"),
      /conflict with "hpa" with subresource "scale": .spec.replicas/u,
    );
  });

  test("to what our own controllers made finds it owned by whoever was before", () => {
    const client = new TestClient();
    const resource = findResource("", "configmaps");
    assert(resource !== undefined);
    client.store.putSpec(resource, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "conf", namespace: "default", uid: "u" },
      data: { a: "1" },
    });
    const refused = applyAs(client, "ann", map, configMapManifest("conf", { a: "2" }));
    assert.match(textAt(refused.body, "message"), /"before-first-apply" using v1: .data.a/u);
  });
});

describe("every other write", () => {
  test("makes the writer the owner of what it changes", () => {
    const client = new TestClient();
    const made = client.send(`POST ${paths.configMaps}?fieldManager=maker`, {
      ...configMapManifest("conf", { a: "1" }),
    });
    assert.deepEqual(entries(made), [["maker", "Update", { "f:data": { ".": {}, "f:a": {} } }]]);
    const changed = client.send(`PATCH ${map}?fieldManager=ed`, { data: { a: "2" } }, merge);
    assert.deepEqual(entries(changed), [
      ["ed", "Update", { "f:data": { "f:a": {} } }],
      ["maker", "Update", { "f:data": {} }],
    ]);
    const put = client.send(
      `PUT ${map}?fieldManager=putter`,
      configMapManifest("conf", { b: "1" }),
    );
    assert.deepEqual(names(put), ["maker Update", "putter Update"]);
  });

  test("goes by the program if nobody is named", () => {
    const client = new TestClient();
    const userAgent = "helm/3.15 (linux)";
    const made = client.send(`POST ${paths.configMaps}`, configMapManifest("conf", { a: "1" }), {
      userAgent,
    });
    assert.deepEqual(names(made), ["helm Update"]);
    const unnamed = client.send(`POST ${paths.configMaps}`, configMapManifest("other", { a: "1" }));
    assert.deepEqual(names(unnamed), ["unknown Update"]);
  });

  test("through a subresource is an entry of its own", () => {
    const client = new TestClient();
    client.send(`POST ${paths.deployments}?fieldManager=ann`, deploymentManifest("web", 3));
    const status = { status: { observedGeneration: 1 } };
    client.send(`PATCH ${web}/status?fieldManager=ann`, status, merge);
    client.send(`PATCH ${web}/scale?fieldManager=ann`, { spec: { replicas: 9 } }, merge);
    const { body } = client.send(`GET ${web}`);
    const own = listAt(body, "metadata", "managedFields").map((entry) => [
      textAt(entry, "subresource"),
      fieldAt(entry, "fieldsV1"),
    ]);
    assert.deepEqual(own.slice(1), [
      ["scale", { "f:spec": { "f:replicas": {} } }],
      ["status", { "f:status": { "f:observedGeneration": {} } }],
    ]);
  });

  test("may clear the account, and never breaks it", () => {
    const client = new TestClient();
    const clear = { metadata: { managedFields: [{}] } };
    client.send(`POST ${paths.deployments}?fieldManager=ann`, deploymentManifest("web"));
    client.send(`PATCH ${web}/status`, { status: { observedGeneration: 1 } }, merge);
    assert.equal(names(client.send(`GET ${web}`)).length, 2);
    const cleared = client.send(`PATCH ${web}`, clear, merge);
    assert.equal(fieldAt(cleared.body, "metadata", "managedFields"), undefined);
    assert.deepEqual(names(client.send(`GET ${web}`)), []);
    client.send(`POST ${paths.configMaps}?fieldManager=ann`, configMapManifest("conf", { a: "1" }));
    // Who does not know of it leaves it as it is.
    const put = client.send(`PUT ${map}?fieldManager=ann`, configMapManifest("conf", { a: "1" }));
    assert.deepEqual(names(put), ["ann Update"]);
    const nulled = client.send(`PATCH ${map}`, { metadata: { managedFields: null } }, merge);
    assert.deepEqual(names(nulled), ["ann Update"]);
    const broken = { metadata: { managedFields: [{ operation: "Steal" }] } };
    const refused = client.send(`PATCH ${map}`, broken, merge);
    assert.equal(refused.status, 422);
    assert.equal(
      textAt(listAt(refused.body, "details", "causes")[0], "field"),
      "metadata.managedFields[0].operation",
    );
    const empty = client.send(`PATCH ${map}`, { metadata: { managedFields: [] } }, merge);
    assert.deepEqual(names(empty), []);
  });

  test("of the same again gives no new version", () => {
    const client = new TestClient();
    client.send(`POST ${paths.deployments}?fieldManager=ann`, deploymentManifest("web"));
    client.send(`PATCH ${web}/status`, { status: { observedGeneration: 1 } }, merge);
    const { body } = client.send(`GET ${web}`);
    assert(isJsonObject(body));
    const before = client.store.revision;
    client.pass(5000);
    client.send(`PUT ${web}?fieldManager=bob`, body);
    client.send(`PATCH ${web}/status?fieldManager=bob`, { status: {} }, merge);
    assert.equal(client.store.revision, before);
  });
});

test("the migration of kubectl: client-side, then server-side, then only that", () => {
  const client = new TestClient();
  const annotation = "kubectl.kubernetes.io/last-applied-configuration";
  const config = configMapManifest("conf", { a: "1", b: "2" });
  const annotations = { [annotation]: `${JSON.stringify(config)}\n` };
  const old = "kubectl-client-side-apply";
  client.send(`POST ${paths.configMaps}?fieldManager=${old}`, {
    ...config,
    metadata: { name: "conf", annotations },
  });
  // Another value is no conflict with what client-side apply wrote itself.
  const first = applyAs(client, "kubectl", map, configMapManifest("conf", { a: "9", b: "2" }));
  assert.equal(first.status, 200);
  const text = textAt(first.body, "metadata", "annotations", annotation);
  assert.match(text, /"a":"9"/u);
  // kubectl then hands the old manager's fields to the new one by a JSON patch.
  const entriesNow = listAt(first.body, "metadata", "managedFields");
  const applied = entriesNow.find((entry) => textAt(entry, "manager") === "kubectl");
  assert(isJsonObject(applied));
  const all = {
    "f:data": { ".": {}, "f:a": {}, "f:b": {} },
    "f:metadata": { "f:annotations": { ".": {}, [`f:${annotation}`]: {} } },
  };
  const handed = [{ ...applied, fieldsV1: all }];
  const version = textAt(first.body, "metadata", "resourceVersion");
  const patch = [
    { op: "replace", path: "/metadata/managedFields", value: handed },
    { op: "replace", path: "/metadata/resourceVersion", value: version },
  ];
  const json = { contentType: "application/json-patch+json" };
  const migrated = client.send(`PATCH ${map}`, patch, json);
  assert.equal(migrated.status, 200, textAt(migrated.body, "message"));
  assert.deepEqual(names(migrated), ["kubectl Apply"]);
  const last = applyAs(client, "kubectl", map, configMapManifest("conf", { a: "9" }));
  assert.deepEqual(fieldAt(last.body, "data"), { a: "9" });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, numberAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { configMapManifest, paths } from "./test-object.ts";

function clientWithMaps(...names: readonly string[]): TestClient {
  const client = new TestClient({ changesMax: 20 });
  for (const name of names) client.send(`POST ${paths.configMaps}`, configMapManifest(name));
  return client;
}

function namesOf(body: unknown): readonly string[] {
  return listAt(body, "items").map((item) => textAt(item, "metadata", "name"));
}

describe("list", () => {
  test("gives pages of one moment, whatever happens between them", () => {
    const client = clientWithMaps("a", "b", "c", "d");
    const first = client.send(`GET ${paths.configMaps}?limit=2`);
    assert.deepEqual(namesOf(first.body), ["a", "b"]);
    assert.equal(numberAt(first.body, "metadata", "remainingItemCount"), 2);
    client.send(`DELETE ${paths.configMaps}/d`);
    client.send(`POST ${paths.configMaps}`, configMapManifest("bb"));
    const token = textAt(first.body, "metadata", "continue");
    const second = client.send(
      `GET ${paths.configMaps}?limit=2&continue=${encodeURIComponent(token)}`,
    );
    assert.deepEqual(namesOf(second.body), ["c", "d"]);
    assert.equal(textAt(second.body, "metadata", "continue"), "");
    assert.equal(
      textAt(second.body, "metadata", "resourceVersion"),
      textAt(first.body, "metadata", "resourceVersion"),
    );
  });

  test("tells that a page has expired, and how to have the rest all the same", () => {
    const client = clientWithMaps("a", "b");
    const { body } = client.send(`GET ${paths.configMaps}?limit=1`);
    const go = (from: unknown): ReturnType<TestClient["send"]> => {
      const token = encodeURIComponent(textAt(from, "metadata", "continue"));
      return client.send(`GET ${paths.configMaps}?continue=${token}`);
    };
    for (let index = 0; index < 25; index += 1) {
      client.send(`POST ${paths.configMaps}`, configMapManifest(`x${index}`));
    }
    const expired = go(body);
    assert.equal(expired.status, 410);
    assert.equal(textAt(expired.body, "reason"), "Expired");
    assert.equal(namesOf(go(expired.body).body)[0], "b");
    assert.equal(client.send(`GET ${paths.configMaps}?continue=rubbish`).status, 400);
  });

  test("takes a page's revision from its token alone", () => {
    const client = clientWithMaps("a", "b");
    const { body } = client.send(`GET ${paths.configMaps}?limit=1`);
    const token = encodeURIComponent(textAt(body, "metadata", "continue"));
    const more = `GET ${paths.configMaps}?limit=1&continue=${token}`;
    assert.deepEqual(namesOf(client.send(`${more}&resourceVersion=0`).body), ["b"]);
    const refused = client.send(`${more}&resourceVersion=${client.store.revision}`);
    assert.equal(refused.status, 400);
    const why = "specifying resource version is not allowed when using continue";
    assert.equal(textAt(refused.body, "message"), why);
  });

  test("gives pages of a revision exactly as they were then, unless newer ones will do", () => {
    const client = clientWithMaps("a");
    const then = client.store.revision;
    client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
    const pages = `GET ${paths.configMaps}?limit=5&resourceVersion=${then}`;
    assert.deepEqual(namesOf(client.send(pages).body), ["a"]);
    const newer = client.send(`${pages}&resourceVersionMatch=NotOlderThan`);
    assert.deepEqual(namesOf(newer.body), ["a", "b"]);
    assert.deepEqual(namesOf(client.send(`GET ${paths.configMaps}?limit=5`).body), ["a", "b"]);
  });

  test("answers the newest, any, or exactly the asked revision; 410 to another machine's", () => {
    const client = clientWithMaps("a");
    const { revision } = client.store;
    client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
    const get = (query: string): ReturnType<TestClient["send"]> =>
      client.send(`GET ${paths.configMaps}?${query}`);
    assert.deepEqual(namesOf(get("resourceVersion=0").body), ["a", "b"]);
    assert.deepEqual(namesOf(get(`resourceVersion=${revision}`).body), ["a", "b"]);
    const exact = get(`resourceVersion=${revision}&resourceVersionMatch=Exact`);
    assert.deepEqual(namesOf(exact.body), ["a"]);
    assert.equal(get("resourceVersion=999999999").status, 410);
    assert.equal(get("resourceVersion=1&resourceVersionMatch=Exact").status, 410);
  });

  test("selects by labels and fields, across namespaces or in one", () => {
    const client = clientWithMaps("a", "b");
    const one = client.send(`GET ${paths.configMaps}?fieldSelector=metadata.name%3Db`);
    assert.deepEqual(namesOf(one.body), ["b"]);
    assert.deepEqual(namesOf(client.send("GET /api/v1/configmaps").body), ["a", "b"]);
    const none = client.send("GET /api/v1/namespaces/kube-system/configmaps");
    assert.deepEqual(namesOf(none.body), []);
    assert.equal(textAt(none.body, "kind"), "ConfigMapList");
    assert.equal(client.send(`GET ${paths.configMaps}?fieldSelector=data.a%3Db`).status, 400);
  });
});

test("a limit and a time are whole numbers", () => {
  const client = clientWithMaps("a", "b");
  for (const query of ["limit=x", "limit=", "timeoutSeconds=1.5", "watch=true&timeoutSeconds=x"]) {
    const { status, body } = client.send(`GET ${paths.configMaps}?${query}`);
    assert.equal(status, 400, query);
    assert.match(textAt(body, "message"), /^strconv\.ParseInt: parsing ".*": invalid syntax$/u);
  }
  assert.equal(namesOf(client.send(`GET ${paths.configMaps}?limit=-1`).body).length, 2);
});

test("get gives an object that is not older than asked, or says that it cannot", () => {
  const client = clientWithMaps("a");
  const then = client.store.revision;
  client.send(`POST ${paths.configMaps}`, configMapManifest("b"));
  const get = (revision: string): ReturnType<TestClient["send"]> =>
    client.send(`GET ${paths.configMaps}/a?resourceVersion=${revision}`);
  for (const revision of ["", "0", then, client.store.revision]) {
    assert.equal(get(revision).status, 200, revision);
  }
  const { status, body, reply } = get("999999999");
  assert.equal(status, 504);
  assert.equal(textAt(body, "reason"), "Timeout");
  const current = client.store.revision;
  const why = `Timeout: Too large resource version: 999999999, current: ${current}`;
  assert.equal(textAt(body, "message"), why);
  assert.equal(textAt(listAt(body, "details", "causes")[0], "reason"), "ResourceVersionTooLarge");
  assert.equal(reply.kind === "json" && reply.headers?.["Retry-After"], "1");
  assert.equal(get("x").status, 400);
});

test("get gives one object or a 404", () => {
  const client = clientWithMaps("a");
  const found = client.send(`GET ${paths.configMaps}/a`);
  assert.equal(fieldAt(found.body, "metadata", "name"), "a");
  assert.equal(client.send(`GET ${paths.configMaps}/z`).status, 404);
});

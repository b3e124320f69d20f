import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ConfigSources, type DaemonConfig, readConfig } from "./config.ts";

/** A configuration read from these texts alone. */
function read(sources: {
  flags?: Record<string, string>;
  environment?: Record<string, string>;
  file?: Record<string, string>;
}): DaemonConfig {
  const from =
    (texts: Record<string, string> = {}): ConfigSources["environment"] =>
    (name) =>
      texts[name];
  return readConfig({
    flag: from(sources.flags),
    environment: from(sources.environment),
    file: from(sources.file),
  });
}

describe("readConfig", () => {
  test("prefers flag to environment to file to default", () => {
    const file = { apiPort: "1" };
    const environment = { BEEMESH_API_PORT: "2" };
    assert.equal(read({}).apiPort, 6443);
    assert.equal(read({ file }).apiPort, 1);
    assert.equal(read({ file, environment }).apiPort, 2);
    assert.equal(read({ file, environment, flags: { apiPort: "3" } }).apiPort, 3);
  });

  test("names the machine by BEEMESH_NODE_ID, in the lower case that Kubernetes asks for", () => {
    const environment = { BEEMESH_NODE_ID: "beemesh-node-4F1C" };
    assert.equal(read({ environment }).name, "beemesh-node-4f1c");
    assert.equal(read({}).name, undefined);
  });

  test("reads lists and labels", () => {
    const flags = { bootstrap: "/ip4/127.0.0.1/tcp/1, /ip4/127.0.0.1/tcp/2", labels: "a=b,c/d=e" };
    assert.equal(read({ flags }).bootstrap.length, 2);
    assert.deepEqual(read({ flags }).labels, { a: "b", "c/d": "e" });
  });

  for (const [name, text] of [
    ["apiPort", "65536"],
    ["apiPort", "-1"],
    ["runtime", "docker"],
    ["labels", "novalue"],
    ["name", "a b"],
    ["mdns", "yes"],
  ] as const) {
    test(`refuses ${name} "${text}", and says what it may be`, () => {
      assert.throws(() => read({ flags: { [name]: text } }), {
        code: "config-invalid",
        message: /it may be/u,
      });
    });
  }
});

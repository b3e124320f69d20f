import assert from "node:assert/strict";
import { test } from "node:test";
import { writeKubeconfig } from "./kubeconfig.ts";

const user = { name: "owner", certificate: "CERT", key: "KEY" };

test("a kubeconfig has a context for each machine, the first one current", () => {
  const text = writeKubeconfig(user, [
    { name: "a", server: "https://127.0.0.1:6443", authority: "CA" },
    { name: "b", server: "https://b.example:6443", authority: "CB" },
  ]);
  assert.match(text, /^current-context: "beemesh-a"$/mu);
  assert.match(text, /^- name: "beemesh-b"\n {2}context:\n {4}cluster: "beemesh-b"$/mu);
  assert.match(text, new RegExp(`client-key-data: ${Buffer.from("KEY").toString("base64")}`, "u"));
  assert.match(text, /^ {4}server: "https:\/\/b\.example:6443"$/mu);
});

test("a kubeconfig without machines is still one", () => {
  assert.match(writeKubeconfig(user, []), /^clusters: \[\]\ncontexts: \[\]$/mu);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "./client.ts";

const kubeconfig = `
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: ""}}]
users: [{name: u, user: {client-certificate-data: "", client-key-data: ""}}]
`;

test("createClient refuses a kubeconfig that names no server", () => {
  const broken = kubeconfig.replace("https://127.0.0.1:1", "nowhere");
  assert.throws(() => createClient({ kubeconfig: broken }), /"nowhere" is no URL/u);
});

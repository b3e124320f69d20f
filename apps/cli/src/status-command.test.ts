import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DaemonStatus } from "@beemesh/daemon";
import { askStatus, statusText } from "./status-command.ts";

const status: DaemonStatus = {
  machine: "m1",
  peer: "12D3KooW1",
  mesh: "12D3KooWmesh",
  version: "v1",
  uptimeSeconds: 3723,
  members: [
    { name: "m1", peer: "12D3KooW1", state: "alive", address: "/ip4/10.0.0.1", isDirect: true },
    {
      name: "kitchen",
      peer: "12D3KooW2",
      state: "alive",
      address: "/ip4/10.0.0.2",
      isDirect: true,
      rttMs: 1.24,
    },
    { name: "", peer: "12D3KooW3", state: "dead", address: "", isDirect: false },
  ],
  pods: [{ name: "default/web", phase: "Running" }],
  keeper: { collections: 12, first: 4 },
  traffic: { bytesPerMinute: 15_000, idleBytesPerMinuteMax: 60_000 },
  memoryBytes: 71_500_000,
  health: { runtime: "", disk: "", clock: "" },
};

describe("beemesh status", () => {
  test("shows who is there, what runs and what it costs", () => {
    const text = statusText(status);
    for (const line of [
      "Up for   1 h 2 min",
      "Health   well",
      "Keeps    12 collections, 4 of them first",
      "Traffic  15.0 kB a minute, 25 % of an idle machine's budget",
      "Memory   71.5 MB",
      "MACHINE  STATE  LINK    RTT     ADDRESS",
      "kitchen  alive  direct  1.2 ms  /ip4/10.0.0.2",
      "?        dead   -       -",
      "default/web  Running",
    ]) {
      assert(text.split("\n").includes(line), `${line} in\n${text}`);
    }
  });

  test("says what is wrong, and when nothing runs", () => {
    const health = { runtime: "Podman does not answer", disk: "", clock: "" };
    const text = statusText({ ...status, health, pods: [], uptimeSeconds: 5 });
    assert.match(text, /Health +runtime: Podman does not answer\n/u);
    assert.match(text, /Up for +5 s\n/u);
    assert.match(text, /No pods here\.\n$/u);
  });

  test("says what to do when no daemon runs", async () => {
    const asked = askStatus("/nowhere/http.sock");
    await assert.rejects(asked, { code: "daemon-absent", message: /beemesh up/u });
  });
});

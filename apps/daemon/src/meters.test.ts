import assert from "node:assert/strict";
import { test } from "node:test";
import type { Machine } from "@beemesh/machine";
import type { LinkStats, MeshLink } from "@beemesh/mesh";
import { createMeters } from "./meters.ts";

test("meters count what is observed, and show what is when they are read", () => {
  const states = ["alive", "dead", "alive"];
  const members = (): unknown => new Map(states.map((state, index) => [index, { state }]));
  let received = 5;
  const stats = (): Partial<LinkStats> => ({ bytesIn: 10, bytesOut: 20, peers: [], received });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is read is there
  const meters = createMeters({ members } as Machine, { stats } as unknown as MeshLink);
  meters.observe("clone.published", { reason: "sidecar" });
  meters.observe("clone.published", { reason: "sidecar" });
  meters.observe("entry.refused", { peer: "p" });
  const text = meters.text();
  for (const line of [
    'beemesh_events_total{event="clone.published"} 2',
    'beemesh_events_total{event="entry.refused"} 1',
    'beemesh_clones_total{reason="sidecar"} 2',
    "beemesh_machines 2",
    'beemesh_mesh_bytes_total{direction="received"} 10',
    'beemesh_mesh_bytes_total{direction="sent"} 20',
    'beemesh_mesh_messages_total{kind="received"} 5',
  ]) {
    assert(text.split("\n").includes(line), `${line} in\n${text}`);
  }
  received = 6;
  states.pop();
  assert.match(meters.text(), /\{kind="received"\} 6\n/u);
  assert.match(meters.text(), /beemesh_machines 1\n/u);
});

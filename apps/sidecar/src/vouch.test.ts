import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { PeerRefClaim, SidecarMessage } from "@beemesh/workload";
import { checkPeerRef } from "@beemesh/workload-identity";
import { Stage, type StagePod } from "./testing/stage.ts";

describe("a sidecar that is asked how its pod is reached", () => {
  const stage = new Stage();
  let web: StagePod;

  before(async () => {
    web = await stage.pod("web");
    await web.sidecar.renewIdentity();
  });
  after(() => stage.close());

  /** What the sidecar has said of a kind, as soon as it has. */
  async function said(kind: SidecarMessage["kind"]): Promise<SidecarMessage> {
    for (;;) {
      const found = web.machine.heard.find((message) => message.kind === kind);
      if (found !== undefined) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test("signs it with its own key and uid, so that anybody can check it", async () => {
    const { pod } = web.machine;
    const claim: PeerRefClaim = {
      machine: web.key.id,
      node: pod.machine,
      ip: "10.1.2.3",
      addresses: ["192.0.2.1:7947"],
      services: [{ service: "shop/web", ports: [{ protocol: "tcp", port: 80, target: 8080 }] }],
      version: 1,
      notAfterMs: Date.now() + 60_000,
    };
    web.machine.tell({ kind: "vouch", id: 7, claim });
    const vouched = await said("vouched");
    assert(vouched.kind === "vouched" && vouched.id === 7);
    const { certificate, signature } = vouched;
    const ref = { uid: pod.uid, ...claim };
    const found = checkPeerRef({ ref, certificate, signature }, Date.now(), pod.mesh);
    assert("uid" in found, JSON.stringify(found));
    assert.equal(found.uid, pod.uid);
    const other = { ...ref, uid: "another" };
    const lie = checkPeerRef({ ref: other, certificate, signature }, Date.now(), pod.mesh);
    assert.deepEqual(lie, { fault: "of another pod" });
  });
});

/** A machine that joins when the author of records is gone: who knew the author vouches for it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readCertificate } from "@beemesh/identity";
import { mapNamed, mapsPath, until, withStage } from "./stage.test.ts";

describe("a machine that joins later", () => {
  test("gets what a machine wrote that it never met, and blames nobody", async () => {
    await withStage(async (make) => {
      const [first, author, late] = [make("m1"), make("m2"), make("m4")];
      first.found();
      await first.start();
      author.join(first);
      await author.start();
      assert.equal((await author.call("POST", mapsPath, mapNamed("legacy"))).status, 201);
      await until("the first holds it", async () => {
        const { status } = await first.call("GET", `${mapsPath}/legacy`);
        return status === 200;
      });
      await author.stop();
      late.join(first);
      await late.start();
      await until("the newcomer holds it", async () => {
        const { status } = await late.call("GET", `${mapsPath}/legacy`);
        return status === 200;
      });
      const metrics = (await late.callClassic("/metrics")).text;
      assert.match(metrics, /beemesh_mesh_messages_total\{kind="penalties"\} 0\n/u);
      assert.match(metrics, /beemesh_events_total\{event="registry.introduced"\} [1-9]/u);
      assert.doesNotMatch(late.log.join(""), /Refused a record/u);
    });
  });

  test("by a token, is certified by the owner itself soon after", async () => {
    await withStage(async (make) => {
      const [first, second] = [make("m1"), make("m2")];
      first.found();
      await first.start();
      second.join(first);
      const before = second.home.open().certificate;
      await second.start();
      await until("it is renewed", async () => second.log.join("").includes("Renewed"));
      const { certificate, mesh } = second.home.open();
      assert.notEqual(certificate, before);
      assert.deepEqual(
        readCertificate(certificate)?.map(({ statement }) => statement.issuer),
        [mesh],
      );
      await second.stop();
      await second.start();
      await until("it is back", async () =>
        (await first.condition("Ready", "m2")).startsWith("True"),
      );
    });
  });
});

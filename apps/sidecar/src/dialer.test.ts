/** Whom a sidecar believes to be the endpoint that it wanted. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SigningKey } from "@beemesh/identity";
import { certifier } from "./testing/fake-machine.ts";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

describe("a sidecar believes an endpoint", () => {
  const stage = new Stage();
  let web: StagePod;
  let db: StagePod;
  let port = 0;
  let number = 0;

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
    port = await stage.listen(db, (socket) => socket.end("served"));
  });
  after(() => stage.close());

  /** A connection by a route that nobody has used before. */
  async function call(): Promise<string> {
    number += 1;
    const ip = `10.96.1.${number}`;
    const { issuer } = web.machine.rules;
    stage.route(web, db, port, ip);
    if (issuer !== "") web.machine.rules.issuer = issuer;
    return readAll(await stage.connect(web, ip, 80));
  }

  test("that shows what its own machine says of it", async () => {
    assert.equal(await call(), "served");
  });

  for (const [what, change] of [
    ["certified by another machine than the one it is on", {}],
    ["of another uid", { uid: "uid-other" }],
    ["of another namespace", { namespace: "bank" }],
    ["of another service account", { serviceAccount: "other" }],
  ] as const)
    test(`but none ${what}`, async () => {
      const isForeign = Object.keys(change).length === 0;
      const key = isForeign ? SigningKey.generate() : db.key;
      db.machine.rules.certify = certifier(key, { ...db.facts, ...change }, 3_600_000);
      await Promise.all([db.sidecar.renewIdentity(), web.sidecar.renewIdentity()]);
      assert.equal(await call(), "<ECONNRESET>");
      // What is asked for later is answered later: by then the refusal has been told.
      await web.machine.metrics();
      assert.equal(web.machine.refusals.at(-1)?.cause, "certificate");
    });
});

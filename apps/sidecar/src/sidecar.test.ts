import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

describe("a connection between two sidecars", () => {
  const stage = new Stage();
  let web: StagePod;
  let db: StagePod;

  before(async () => {
    [web, db] = [await stage.pod("web"), await stage.pod("db")];
  });
  after(() => stage.close());

  async function serve(onConnection: (socket: Socket) => void): Promise<void> {
    const port = await stage.listen(db, onConnection);
    web.machine.tell({
      kind: "rerouted",
      route: { kind: "refused", key: "tcp 10.96.0.80 80", reason: "" },
    });
    stage.route(web, db, port);
    const route = web.machine.rules.routes.get("tcp 10.96.0.80 80");
    assert(route);
    web.machine.tell({ kind: "rerouted", route });
  }

  test("carries what both sides say, and the end of each", async () => {
    await serve((socket) => {
      void readAll(socket).then((text) => socket.end(`you said ${text}`));
    });
    const app = await stage.connect(web);
    app.end("hello");
    assert.equal(await readAll(app), "you said hello");
  });
});

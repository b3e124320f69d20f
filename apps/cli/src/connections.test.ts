import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ConnectionRow } from "@beemesh/daemon";
import { connectionsOf, connectionsText, readServiceName } from "./connections.ts";

const row: ConnectionRow = {
  direction: "out",
  from: "shop/front-1",
  to: "shop/web-1",
  services: ["shop/web"],
  protocol: "tcp",
  port: 80,
  path: "direct",
  count: 3,
  lastMs: 1000,
};
const page = { machine: "m1", connections: [row, { ...row, services: ["shop/db"] }] };

describe("beemesh status svc/NAME", () => {
  test("shows who talks to the service, and nobody else", () => {
    const found = connectionsOf(page, "shop/web");
    assert.deepEqual(found.connections, [row]);
    assert.equal(
      connectionsText(found, "shop/web", 6000),
      "FROM          TO          PORT    PATH    CONNECTIONS  LAST\n" +
        "shop/front-1  shop/web-1  80/tcp  direct  3            5 s ago\n",
    );
  });

  test("says that nobody does", () => {
    const found = connectionsOf(page, "shop/other");
    assert.match(connectionsText(found, "shop/other", 0), /Nobody talked to shop\/other/u);
  });

  test("reads how people write a service", () => {
    assert.equal(readServiceName("svc/web", "default"), "default/web");
    assert.equal(readServiceName("service/shop/web", "default"), "shop/web");
    for (const text of ["web", "pod/web", "svc/", "svc/a/b/c", "svc/A"]) {
      assert.throws(() => readServiceName(text, "default"), { code: "service-malformed" });
    }
  });
});

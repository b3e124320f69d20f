import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { watchNetwork } from "./network-watch.ts";

test("says when an address appears, not when one goes", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    let addresses = ["lo 127.0.0.1"];
    let calls = 0;
    const stop = watchNetwork(
      () => {
        calls += 1;
      },
      () => addresses,
    );
    const seen = (present: string[]): number => {
      addresses = present;
      mock.timers.tick(1000);
      return calls;
    };
    assert.equal(seen(["lo 127.0.0.1"]), 0);
    assert.equal(seen(["lo 127.0.0.1", "eth0 192.0.2.1"]), 1);
    assert.equal(seen(["lo 127.0.0.1"]), 1);
    assert.equal(seen(["lo 127.0.0.1", "eth0 192.0.2.1"]), 2);
    stop();
    assert.equal(seen(["eth1 192.0.2.9"]), 2);
  } finally {
    mock.timers.reset();
  }
});

test("can look at this machine", () => {
  watchNetwork(() => undefined)();
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { newCounters } from "./counters.ts";
import { Messenger } from "./messenger.ts";
import { defaultLimits } from "./options.ts";

test("a messenger keeps messages for peers that it cannot reach, up to its limits", () => {
  const counters = newCounters();
  const messenger = new Messenger({
    limits: { ...defaultLimits, queueMessagesMax: 10, messageBytesMax: 100 },
    counters,
    now: () => instantAt(0),
    open: () => undefined,
    onMessage: () => assert.fail("no message"),
    onFault: () => assert.fail("no fault"),
    onStalled: () => assert.fail("not stalled"),
  });
  for (let count = 0; count < 15; count += 1) messenger.send("ann", count);
  assert.equal(counters.dropped, 5);
  messenger.send("ann", "x".repeat(99));
  assert.equal(counters.dropped, 6, "too large");
  assert.equal(messenger.rttMsOf("ann"), undefined);
  messenger.onDisconnected("ann");
  messenger.onConnected("ann");
  messenger.onMoved("ann");
  messenger.close();
  assert.equal(counters.sent, 0);
});

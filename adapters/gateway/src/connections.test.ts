import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { test } from "node:test";
import { Connections } from "./connections.ts";

const limits = { firstRequestMsMax: 20, idleMsMax: 40 };

/** A connection that tells of its end by an event. */
function connectionOf(socket: Socket): { close(): void; destroy(): void } {
  return { close: () => undefined, destroy: () => socket.destroy() };
}

test("Connections ends what never asks, and what has been idle, but not what is used", async () => {
  const connections = new Connections(limits);
  const [silent, idle, used] = [new Socket(), new Socket(), new Socket()];
  const entries = [silent, idle, used].map(connectionOf);
  for (const entry of entries) connections.add(entry);
  const [, idleEntry, usedEntry] = entries;
  assert(idleEntry && usedEntry);
  connections.use(usedEntry);
  connections.use(idleEntry)();
  // The sweeper alone does not keep a process alive.
  const alive = setInterval(() => undefined, 1000);
  await once(silent, "close");
  await once(idle, "close");
  clearInterval(alive);
  assert(!used.destroyed);
  connections.destroyAll();
  assert(used.destroyed);
});

test("Connections closes those without use at once, and lets the others finish", () => {
  const connections = new Connections(limits);
  const [free, used] = [new Socket(), new Socket()];
  const usedEntry = connectionOf(used);
  connections.add(connectionOf(free));
  connections.add(usedEntry);
  connections.use(usedEntry);
  connections.closeAll();
  assert(free.destroyed && !used.destroyed);
  connections.remove(usedEntry);
  assert.equal(connections.size, 1);
  connections.destroyAll();
});

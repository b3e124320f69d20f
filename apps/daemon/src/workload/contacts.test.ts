import assert from "node:assert/strict";
import { test } from "node:test";
import { type Contact, Contacts } from "./contacts.ts";

const contact: Contact = {
  direction: "out",
  pod: "u1",
  peer: "u2",
  namespace: "shop",
  serviceAccount: "web",
  protocol: "tcp",
  port: 80,
  path: "direct",
};

test("contacts are counted, the latest first, and forgotten when they are old", () => {
  let nowMs = 0;
  const contacts = new Contacts(() => nowMs);
  contacts.note(contact);
  nowMs = 1000;
  contacts.note({ ...contact, peer: "u3" });
  contacts.note(contact);
  assert.deepEqual(
    contacts.recent().map(({ peer, count, lastMs }) => ({ peer, count, lastMs })),
    [
      { peer: "u2", count: 2, lastMs: 1000 },
      { peer: "u3", count: 1, lastMs: 1000 },
    ],
  );
  nowMs += 10 * 60_000 + 1;
  contacts.note({ ...contact, peer: "u4" });
  assert.deepEqual(
    contacts.recent().map(({ peer }) => peer),
    ["u4"],
  );
});

test("only so many contacts are remembered", () => {
  const contacts = new Contacts(() => 0);
  for (let port = 1; port <= 3000; port += 1) contacts.note({ ...contact, port });
  assert.equal(contacts.recent().length, 2048);
  assert.equal(contacts.recent()[0]?.port, 3000);
});

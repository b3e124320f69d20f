import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync } from "node:fs";
import { describe, test } from "node:test";
import { descriptorLine } from "@beemesh/workload";
import { type Delivery, Handover } from "./handover.ts";

/** A descriptor of something that is open, and what stands beside it. */
function delivery(text: string): Delivery {
  return { fd: openSync("/dev/null", "r"), bytes: Buffer.from(text) };
}

function stage(...deliveries: readonly Delivery[]): {
  readonly handover: Handover;
  readonly inbox: Delivery[];
  readonly incoming: Delivery[];
} {
  const inbox = [...deliveries];
  const incoming: Delivery[] = [];
  const handover = new Handover({
    inbox: { receive: () => inbox.shift() },
    onIncoming: (came) => void incoming.push(came),
  });
  return { handover, inbox, incoming };
}

const isOpen = ({ fd }: Delivery): boolean => {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
};

describe("Handover", () => {
  test("gives who asked the descriptor, with what was read of it already", () => {
    const sent = delivery(`${descriptorLine({ kind: "dialed", id: 3 })}early`);
    const { handover } = stage(sent);
    assert.equal(handover.take(4), undefined);
    const taken = handover.take(3);
    assert.equal(taken?.fd, sent.fd);
    assert.equal(String(taken.bytes), "early");
    closeSync(sent.fd);
    assert.equal(handover.take(3), undefined);
  });

  test("passes on who comes", () => {
    const sent = delivery(descriptorLine({ kind: "incoming" }));
    const { handover, incoming } = stage(sent);
    handover.receive();
    assert.deepEqual(
      incoming.map(({ fd }) => fd),
      [sent.fd],
    );
    closeSync(sent.fd);
  });

  for (const text of ["", "\n", "{}\n", '{"kind":"dialed"}\n', "no line"])
    test(`closes what comes with ${JSON.stringify(text)}`, () => {
      const sent = delivery(text);
      const { handover, incoming } = stage(sent);
      handover.receive();
      assert(!isOpen(sent));
      assert.equal(incoming.length, 0);
    });

  test("closes what nobody asks for, when there is much of it, and all at its end", () => {
    const sent = Array.from({ length: 300 }, (_, id) =>
      delivery(descriptorLine({ kind: "dialed", id })),
    );
    const { handover } = stage(...sent);
    assert.equal(handover.take(1000), undefined);
    assert.equal(handover.take(1000), undefined);
    assert.equal(sent.filter(isOpen).length, 256);
    handover.close();
    assert.equal(sent.filter(isOpen).length, 0);
  });
});

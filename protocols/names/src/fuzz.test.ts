/** Messages of DNS with things broken in them: what a pod sends to its name server. */
import assert from "node:assert/strict";
import { instantAt } from "@beemesh/base";
import { fuzz, fuzzInputs, mutated } from "../../../test/fuzz.ts";
import { messageBytesMax } from "./answer.ts";
import { NameServer, type NameServerEffect } from "./name-server.ts";
import { readReply } from "./reply-reader.ts";
import { queryBytes } from "./test-query.ts";

const name = "web.shop.svc.cluster.local";
const queries = [
  queryBytes(name),
  queryBytes(name, { type: 28, payload: 1232 }),
  queryBytes("_http._tcp.web.shop.svc.cluster.local", { type: 33, payload: 4096 }),
  queryBytes("", { type: 2 }),
  queryBytes(name, { flags: 0x81_00 }),
  queryBytes(name, { payload: 512, version: 1 }),
  // A name that points to itself.
  Uint8Array.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]),
];
const address = { type: "A", name, address: "10.96.0.9" } as const;
const server = new NameServer();
let asked = 0;
/** So that neither limit of rate is what is tried here. */
const pauseMs = 5;

fuzz(
  "each message of DNS has one end, a bounded reply or none",
  ["reply", "malformed", "asked"],
  (random) => {
    asked += 1;
    const now = { at: instantAt(asked * pauseMs), wallMs: 0 };
    const bytes = mutated(random, queries);
    const transport = random.below(2) === 0 ? "udp" : "tcp";
    const effects = server.step({ kind: "query", id: asked, bytes, transport }, now);
    const { flights, waiting, answers } = server.holdings;
    assert(flights <= 256 && waiting <= 1024 && answers <= fuzzInputs / 10, "memory is bounded");
    let outcome = "waits";
    for (const effect of effects) {
      if (effect.kind === "ask") outcome = answered(effect, now.at % 2 === 0 ? "found" : "absent");
      else if (effect.kind === "drop") outcome = effect.cause;
      else if (effect.kind === "reply") {
        assert(effect.bytes.length <= messageBytesMax);
        outcome = "reply";
      }
    }
    return outcome;

    function answered(
      { id }: Extract<NameServerEffect, { kind: "ask" }>,
      status: "found" | "absent",
    ): string {
      const records = status === "found" ? [address] : [];
      const answer = { id, status, ttlSeconds: 5, records } as const;
      const replies = server.step({ kind: "answered", answer }, now);
      assert(replies.some(({ kind }) => kind === "reply"));
      return "asked";
    }
  },
);

/** An address, another name and a service, each under the name of the question. */
const replyHex =
  "00078580000100030000000001610000010001" +
  "c00c000100010000000500040a600009" +
  "c00c00050001000000050003016200" +
  "c00c00210001000000050009000100020050016200";
const reply = Uint8Array.from(replyHex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));

fuzz("answers of DNS are read whole, or not at all", ["read", "malformed"], (random) => {
  const read = readReply(mutated(random, [reply]));
  return read === undefined ? "malformed" : "read";
});

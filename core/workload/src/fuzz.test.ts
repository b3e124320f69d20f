/** Lines of the channel, of descriptors and of the workload port with things broken in them. */
import assert from "node:assert/strict";
import { parseJson } from "@beemesh/wire";
import { fuzz, mutated } from "../../../test/fuzz.ts";
import { lineLengthMax, readMachineMessage, readSidecarMessage } from "./channel.ts";
import { descriptorLine, readDescriptorTag } from "./descriptor.ts";
import { preambleOf, readPreamble } from "./preamble.ts";

const pod = { uid: "u1", namespace: "shop", name: "web-1", serviceAccount: "web", mesh: "m" };
const endpoint = { ...pod, machine: "m1", ip: "10.1.2.3", port: 8080 };
const caller = { uid: "u2", namespace: "shop", serviceAccount: "web", issuer: "12D3KooWabc" };
const record = { name: "web.shop", type: "SRV", target: "a", port: 1, priority: 1, weight: 1 };
const service = { namespace: "shop", name: "web", port: 80, appProtocol: "http" };
const claim = {
  machine: "m1",
  node: "n1",
  ip: "10.1.2.3",
  addresses: ["10.0.0.1:7947"],
  services: [{ service: "shop/web", ports: [{ protocol: "tcp", port: 80, target: 8080 }] }],
  version: 1,
  notAfterMs: 2,
};
const refusal = {
  direction: "in",
  source: "spiffe://m/ns/a/sa/b",
  target: "10.1.2.3",
  protocol: "tcp",
  port: 80,
  cause: "policy",
  reason: "no rule allows it",
};
const messages = [
  { kind: "ready", pid: 1 },
  { kind: "certify", id: 1, publicKey: "MFkw" },
  { kind: "dial", id: 4, endpoint },
  { kind: "admit", id: 6, caller, protocol: "tcp", port: 8080 },
  { kind: "refused", refusal },
  { kind: "lost", uids: ["u1", "u2"] },
  { kind: "metrics", id: 7, text: 'a{b="c"} 1\n' },
  { kind: "hello", pod: { ...pod, machine: "m1" }, clockOffsetMs: -5, tracesUrl: "" },
  { kind: "names", id: 2, status: "found", ttlSeconds: 5, records: [record] },
  { kind: "route", id: 3, route: { kind: "service", key: "k", ...service, endpoints: [endpoint] } },
  { kind: "rerouted", route: { kind: "refused", key: "k", reason: "policy" } },
  { kind: "replicas", workload: "shop/web", replicas: [endpoint] },
  { kind: "vouch", id: 9, claim },
];
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const lines = messages.map((message) => encoder.encode(JSON.stringify(message)));

fuzz("lines of the channel are messages or nothing", ["message", "malformed"], (random) => {
  const line = decoder.decode(mutated(random, lines));
  const json = parseJson(line, { lengthMax: lineLengthMax, depthMax: 8 });
  const ofSidecar = readSidecarMessage(json);
  const ofMachine = readMachineMessage(json);
  // What was read says itself again: no member came along that the contract does not know.
  if (ofSidecar !== undefined) assert.deepEqual(readSidecarMessage(again(ofSidecar)), ofSidecar);
  if (ofMachine !== undefined) assert.deepEqual(readMachineMessage(again(ofMachine)), ofMachine);
  return ofSidecar === undefined && ofMachine === undefined ? "malformed" : "message";
});

function again(message: object): ReturnType<typeof parseJson> {
  return parseJson(JSON.stringify(message), { lengthMax: 2 * lineLengthMax, depthMax: 8 });
}

const heads = [
  descriptorLine({ kind: "dialed", id: 7 }),
  descriptorLine({ kind: "incoming" }),
  preambleOf("3f0d9c1e-6c1c-4d0e-9c7e-0b5a8b1c2d3e"),
].map((line) => encoder.encode(line.trimEnd()));

fuzz("tags and preambles are read or refused", ["tag", "preamble", "malformed"], (random) => {
  const line = decoder.decode(mutated(random, heads));
  const [tag, uid] = [readDescriptorTag(line), readPreamble(line)];
  if (tag?.kind === "dialed") assert(Number.isSafeInteger(tag.id) && tag.id >= 0);
  if (uid !== undefined) assert.match(uid, /^[\w-]{1,64}$/u);
  if (tag !== undefined) return "tag";
  return uid === undefined ? "malformed" : "preamble";
});

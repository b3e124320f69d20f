import { isPeerId, isStamp, type Json, objectLimits } from "@beemesh/wire";
import { type Check, flag, list, oneOf, record, shaped, share, text, whole } from "./check.ts";
import { type BiddingMessage, entriesMax, podsMax } from "./message.ts";
import { isRequirements } from "./requirements-shape.ts";

/** Ids, uids and nonces: a UUID has 36 characters, a namespaced name some more. */
const id = text(128);
const digest = text(128);
/** An Ed25519 signature in base64url has 86 characters. */
const signature = text(128);
/** kube-scheduler's longest filter text, with room. */
const filter = text(256);
const uids = list(id, podsMax, 1);
const milliseconds = whole(0, 315_360_000_000_000);
/** A mesh of ten million machines. */
const audienceMax = 10_000_000;
const domains = record(text(253), 16);

const isTrue = (value: Json | undefined): boolean => value === true;

const isEntry: Check<Json> = (json): json is Json =>
  shaped(json, {
    collection: text(512),
    name: text(253),
    part: (part) => typeof part === "string" && /^(?:spec|status:.{1,128})$/u.test(part),
    stamp: isStamp,
    author: isPeerId,
    body: text(objectLimits.lengthMax),
    signature,
  });

const shapes: Readonly<Record<string, Parameters<typeof shaped>[1]>> = {
  task: {
    k: oneOf("task"),
    id,
    author: isPeerId,
    nonce: id,
    wallMs: milliseconds,
    workload: text(512),
    reason: oneOf("new", "clone"),
    count: whole(1, podsMax),
    requirements: isRequirements,
    priority: whole(-(2 ** 31), 2 ** 31),
    digest,
    round: whole(0, 15),
    explain: flag,
    audience: whole(1, audienceMax),
    signature,
  },
  bid: {
    k: oneOf("bid"),
    task: id,
    nonce: id,
    bidder: isPeerId,
    wallMs: milliseconds,
    scores: list(share, podsMax, 1),
    domains,
    signature,
  },
  award: {
    k: oneOf("award"),
    task: id,
    round: id,
    nonce: id,
    author: isPeerId,
    bidder: isPeerId,
    wallMs: milliseconds,
    uids,
    entries: list(isEntry, entriesMax),
    signature,
  },
  explain: { k: oneOf("explain"), task: id, nonce: id, filter },
  confirm: { k: oneOf("confirm"), task: id, award: id, uids },
  refuse: { k: oneOf("refuse"), task: id, award: id, uids, filter },
  revoke: { k: oneOf("revoke"), task: id, award: id, uids },
};

/** Reads a message of this protocol; undefined for anything that no honest peer sends. */
export function decodeBiddingMessage(json: Json): BiddingMessage | undefined {
  return isBiddingMessage(json) ? json : undefined;
}

function isBiddingMessage(json: Json): json is Json & BiddingMessage {
  if (typeof json !== "object" || json === null || !("k" in json)) return false;
  const kind = json["k"];
  if (typeof kind !== "string" || !Object.hasOwn(shapes, kind)) return false;
  return shaped(json, shapes[kind] ?? {}, kind === "task" ? { preempts: isTrue } : {});
}

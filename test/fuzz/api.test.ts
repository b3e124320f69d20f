/**
 * Whatever comes in at the edge is answered: nothing throws, nothing is a 500, what is refused is a
 * Status that says why, and memory is given back.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { decodeBody } from "../../adapters/gateway/src/body.ts";
import { parseTarget } from "../../adapters/gateway/src/target.ts";
import { instantAt, type Now, type Random, seededRandom } from "../../core/base/src/index.ts";
import { decodeProtobuf, resources } from "../../core/model/src/index.ts";
import type { ApiRequest, FinalReply, User } from "../../core/ports/src/index.ts";
import { isJsonObject, type Json } from "../../core/wire/src/index.ts";
import { type Api, createApi } from "../../planes/apiserver/src/api.ts";
import { MemoryStore } from "../../planes/apiserver/src/memory-store.ts";
import { fuzz, fuzzSeed, mutated } from "../fuzz.ts";
import { objectOf } from "./random-object.ts";
import { protobufOf } from "./random-protobuf.ts";
import { type RawRequest, requestOf } from "./random-request.ts";

const master: User = { name: "ann", groups: ["system:masters", "system:authenticated"] };
const stranger: User = { name: "eve", groups: ["system:authenticated"] };

/** An API over a store in memory, and a clock that goes on by a millisecond each request. */
class Home {
  readonly #api: Api;
  #now = 0;

  constructor(random: Random) {
    let uids = 0;
    this.#api = createApi({
      store: new MemoryStore(),
      random,
      makeUid: () => `00000000-0000-4000-8000-${String((uids += 1)).padStart(12, "0")}`,
      isAlive: () => true,
    });
    this.#api.bootstrap(this.now);
    this.answer(
      {
        method: "POST",
        target: "/api/v1/namespaces",
        accept: "",
        contentType: "",
        body: new TextEncoder().encode('{"kind":"Namespace","metadata":{"name":"other"}}'),
      },
      master,
    );
  }

  get now(): Now {
    return { at: instantAt(this.#now), wallMs: 1_767_225_600_000 + this.#now };
  }

  /** How a request ends, in one word. */
  answer(raw: RawRequest, user: User): string {
    this.#now += 1;
    const target = parseTarget(raw.target);
    if (target === undefined) return "no target";
    const decoded = decodeBody(Buffer.from(raw.body), raw.contentType, decodeProtobuf);
    if ("code" in decoded) return refusedAtTheEdge(decoded);
    const { method, accept, contentType } = raw;
    const request: ApiRequest = {
      method,
      ...target,
      accept,
      contentType,
      body: decoded.value,
      user,
    };
    let reply = this.#api.handle(request, this.now);
    // No webhook answers here; the API ends a request that asks for ever by itself.
    while (reply.kind === "consult") {
      reply = reply.resume(
        reply.calls.map(() => ({ ok: false, reason: "connection refused" })),
        this.now,
      );
    }
    if (this.#now % 1000 === 0) this.#api.tick(this.now);
    return ended(reply, raw);
  }
}

function refusedAtTheEdge({ code, message }: { code: number; message: string }): string {
  assert(code >= 400 && code < 500 && message !== "", message);
  return `edge ${code}`;
}

/** Checks an answer; a watch is opened and left. */
function ended(reply: FinalReply, raw: RawRequest): string {
  if (reply.kind === "tunnel" || reply.kind === "proxy") return reply.kind;
  if (reply.kind === "stream") {
    reply.open({ write: () => true, end: () => undefined })();
    return "stream";
  }
  assert(reply.status < 500, `${raw.method} ${raw.target}: ${reply.status}`);
  if (reply.kind === "bytes" || reply.status < 400) return String(reply.status);
  const body: unknown = JSON.parse(JSON.stringify(reply.body));
  assert(isJsonObject(body) && body["kind"] === "Status", JSON.stringify(body));
  const { code, reason, message, status } = body;
  assert.deepEqual([code, status], [reply.status, "Failure"], JSON.stringify(body));
  assert(
    typeof reason === "string" && reason !== "" && typeof message === "string",
    JSON.stringify(body),
  );
  return String(reply.status);
}

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");

/** What the heap holds when all that is not needed is gone. */
function heldBytes(): number {
  assert(typeof collect === "function");
  collect();
  return process.memoryUsage().heapUsed;
}

/**
 * What may be held after all requests beyond what was after the first ones: the same few names are
 * written again and again, so that only logs of a fixed length and caches grow.
 */
const growthBytesMax = 64 * 2 ** 20;

const home = new Home(seededRandom(fuzzSeed));
let warmBytes = 0;
let requests = 0;

fuzz(
  "the API answers requests",
  [
    "200",
    "201",
    "400",
    "403",
    "404",
    "405",
    "406",
    "409",
    "415",
    "422",
    "stream",
    "edge 400",
    "edge 415",
  ],
  (random) => {
    requests += 1;
    if (requests === 30_000) warmBytes = heldBytes();
    const user = random.below(20) === 0 ? stranger : master;
    return home.answer(requestOf(random), user);
  },
);

test("no memory is kept of requests that are over", () => {
  assert(warmBytes > 0, "the requests have been made");
  const grown = heldBytes() - warmBytes;
  assert(grown < growthBytesMax, `${Math.round(grown / 2 ** 20)} MB more`);
});

/** Of each kind, so that mutations have something to begin with. */
const samples = resources.flatMap((resource) =>
  [1, 2, 3].map((seed) => protobufOf(seededRandom(seed), resource)),
);

fuzz("protobuf is read or refused", ["object", "malformed"], (random) => {
  const decoded: Json | undefined = decodeProtobuf(mutated(random, samples));
  return decoded === undefined ? "malformed" : "object";
});

test("the seeds reach objects of every kind that are taken", () => {
  const taken = new Set<string>();
  const random = seededRandom(fuzzSeed);
  const fresh = new Home(random);
  for (let round = 0; round < 200; round += 1) {
    for (const resource of resources) {
      const { group, version, name, namespaced, kind } = resource;
      const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      const target = `${base}${namespaced ? "/namespaces/default" : ""}/${name}?dryRun=All`;
      const body = new TextEncoder().encode(JSON.stringify(objectOf(random, resource)));
      const raw = { method: "POST", target, accept: "", contentType: "application/json", body };
      if (fresh.answer(raw, master) === "201") taken.add(kind);
    }
  }
  const share = taken.size / resources.length;
  assert(share > 0.5, `only ${[...taken].join()}`);
});

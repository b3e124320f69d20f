import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { ask, ask2, open } from "./api-client.test.ts";
import { testCertificates } from "./certificate.test.ts";
import { type Stub, startStub } from "./stub-machine.test.ts";

const skip = testCertificates() === undefined ? "there is no openssl" : false;

/** Requests that came through, newest last. */
const seen: ApiRequest[] = [];

async function handle(request: ApiRequest): Promise<FinalReply> {
  seen.push(request);
  switch (request.path.join("/")) {
    case "bug":
      throw new Error("the password is hunter2");
    case "trouble":
      throw new BeeError("disk-full", "Cannot write: the disk is full");
    case "write":
      return { kind: "json", status: 201, body: {}, warnings: ["one"], ticket: 7 };
    case "bytes":
      return {
        kind: "bytes",
        status: 200,
        contentType: "text/x",
        body: new Uint8Array([104, 105]),
      };
    case "watch":
      return {
        kind: "stream",
        status: 200,
        contentType: "application/json",
        open: () => () => undefined,
      };
    default:
      return { kind: "json", status: 200, body: { path: request.path } };
  }
}

describe("Exchanges", { skip }, () => {
  let stub: Stub;
  before(async () => {
    const started = await startStub({
      handle,
      acknowledged: async (ticket) => [`held by one machine (${ticket})`],
      decodeProtobuf: (bytes) => ({ sizeBytes: bytes.length }),
      limits: { streamsPerUserMax: 2, bodyBytesMax: 1000, strangerBodyBytesMax: 500 },
    });
    assert(started);
    stub = started;
  });
  after(() => stub.server.close());

  test("parses a request for the backend", async () => {
    const headers = {
      ":path": "/api/v1/pods?limit=5&command=a&command=b",
      accept: "application/json",
      "content-type": "application/yaml",
    };
    const { status } = await ask2(stub, headers, "a: 0644");
    assert.equal(status, 200);
    const request = seen.at(-1);
    assert.deepEqual(request?.path, ["api", "v1", "pods"]);
    assert.deepEqual(request?.query.get("command"), ["a", "b"]);
    assert.deepEqual(request?.body, { a: 420 });
    assert.deepEqual(request?.user, { name: "ann", groups: ["system:masters"] });
    assert.equal(request?.accept, "application/json");
  });

  test("hands protobuf to its decoder", async () => {
    const headers = { "Content-Type": "application/vnd.kubernetes.protobuf" };
    await ask(stub, "/x", { method: "POST", body: "1234", headers });
    assert.deepEqual(seen.at(-1)?.body, { sizeBytes: 4 });
  });

  for (const [what, path, options, status, reason] of [
    ["a malformed path", "/a%2fb", {}, 400, "BadRequest"],
    ["malformed JSON", "/x", { method: "POST", body: "{" }, 400, "BadRequest"],
    [
      "a large body",
      "/x",
      { method: "POST", body: "x".repeat(1001) },
      413,
      "RequestEntityTooLarge",
    ],
    [
      "another type",
      "/x",
      { method: "POST", body: "x", headers: { "Content-Type": "text/csv" } },
      415,
      "UnsupportedMediaType",
    ],
    [
      "a token",
      "/api",
      { key: "", cert: "", headers: { Authorization: "Bearer x" } },
      401,
      "Unauthorized",
    ],
    [
      "a large body of nobody",
      "/x",
      { key: "", cert: "", method: "POST", body: "x".repeat(501) },
      413,
      "RequestEntityTooLarge",
    ],
  ] as const) {
    test(`answers ${status} to ${what}`, async () => {
      const count = seen.length;
      const answer = await ask(stub, path, options);
      assert.equal(answer.status, status);
      assert.match(answer.text, new RegExp(`"kind":"Status".*"reason":"${reason}"`, "u"));
      assert.equal(seen.length, count, "the backend is not asked");
    });
  }

  test("refuses a certificate of another authority, but lets nobody read /healthz", async () => {
    const { key, certificate: cert } = stub.certificates.stranger;
    assert.equal((await ask(stub, "/api", { key, cert })).status, 401);
    assert.equal((await ask(stub, "/healthz", { key: "", cert: "" })).status, 200);
    assert.equal(seen.at(-1)?.user.name, "system:anonymous");
  });

  test("does not tell what an unforeseen error says, but does tell a foreseen one", async () => {
    const bug = await ask(stub, "/bug");
    assert.equal(bug.status, 500);
    assert(!bug.text.includes("hunter2"));
    assert.match((await ask(stub, "/trouble")).text, /the disk is full/u);
  });

  test("waits for the acknowledgement of a write and adds its warnings", async () => {
    const { headers } = await ask(stub, "/write");
    assert.equal(headers["warning"], '299 - "one", 299 - "held by one machine (7)"');
  });

  test("sends bytes as they are, an audit id with all, and takes over the client's", async () => {
    const answer = await ask(stub, "/bytes", { headers: { "Audit-ID": "my-1" } });
    assert.equal(answer.text, "hi");
    assert.equal(answer.headers["audit-id"], "my-1");
    const other = await ask(stub, "/bytes", { headers: { "Audit-ID": "no good" } });
    assert.match(String(other.headers["audit-id"]), /^[\da-f-]{36}$/u);
  });

  test("answers HEAD without a body", async () => {
    const answer = await ask(stub, "/api", { method: "HEAD" });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "");
    assert.equal((await ask2(stub, { ":path": "/api", ":method": "HEAD" })).text, "");
  });

  test("lets a user hold so many streams, and more when one ends", async () => {
    const streams = [await open(stub, "/watch"), await open(stub, "/watch")];
    const refused = await ask(stub, "/watch");
    assert.equal(refused.status, 429);
    assert.equal(refused.headers["retry-after"], "1");
    for (const { outgoing } of streams) outgoing.destroy();
    let status = 429;
    while (status === 429) {
      const { answer, outgoing } = await open(stub, "/watch");
      status = answer.statusCode ?? 0;
      outgoing.destroy();
    }
    assert.equal(status, 200);
  });

  test("lets a user have so many requests in flight", async () => {
    const gate = Promise.withResolvers<FinalReply>();
    const slow = await startStub({ handle: () => gate.promise, limits: { requestsPerUserMax: 1 } });
    assert(slow);
    const first = ask(slow, "/a");
    let status = 0;
    while (status !== 429) {
      const second = await Promise.race([ask(slow, "/b"), first]);
      status = second.status;
    }
    gate.resolve({ kind: "json", status: 200, body: {} });
    await first;
    await slow.server.close();
  });
});

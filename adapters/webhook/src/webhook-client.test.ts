/** Calls of webhooks: good ones, and every bad one that is worth a name. */
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import type { WebhookAnswer, WebhookCall } from "@beemesh/ports";
import { lacksOpenssl, type StubWebhook, startStub } from "../../../test/stub-webhook.ts";
import { WebhookClient } from "./webhook-client.ts";

const patch = [{ op: "add", path: "/metadata/labels", value: { a: "b" } }];
const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");

const answers: Readonly<
  Record<string, (request: IncomingMessage, response: ServerResponse) => void>
> = {
  "/good": (_, response) => response.end(JSON.stringify({ response: { uid: "u" } })),
  "/patch": (_, response) => response.end(JSON.stringify({ response: { patch: encoded } })),
  "/bad-patch": (_, response) => response.end(JSON.stringify({ response: { patch: "!!" } })),
  "/garbage": (_, response) => response.end("<html>"),
  "/deep": (_, response) => response.end("[".repeat(10_000)),
  "/huge": (_, response) => {
    response.on("error", () => undefined);
    const chunk = Buffer.alloc(65_536, " ");
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  },
  "/slow": () => undefined,
  "/trickle": (_, response) => {
    response.write("{");
  },
  "/close": (request) => request.socket.destroy(),
  "/broken": (_, response) => {
    response.statusCode = 500;
    response.end("oh no");
  },
  "/moved": (_, response) => {
    response.statusCode = 302;
    response.setHeader("Location", "https://example.com");
    response.end();
  },
};

describe("WebhookClient", { skip: lacksOpenssl }, () => {
  let stub: StubWebhook;
  const seen: { readonly url: string; readonly body: string }[] = [];

  before(async () => {
    stub = await startStub(
      (request, response) => {
        const url = request.url ?? "";
        let body = "";
        request.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        request.on("end", () => {
          seen.push({ url, body });
          answers[url.split("?")[0] ?? ""]?.(request, response);
        });
      },
      ["hook.shop.svc"],
    );
  });
  after(() => stub.close());

  const ask = async (
    path: string,
    more: Partial<WebhookCall> = {},
    connectTo: () => Promise<Duplex> = () => Promise.reject(new Error("no way")),
  ): Promise<WebhookAnswer> => {
    const client = new WebhookClient({ connect: connectTo });
    const url = `https://127.0.0.1:${stub.port}${path}`;
    const { caBundle } = stub;
    const call = { url, caBundle, timeoutMs: 5000, review: { kind: "AdmissionReview" }, ...more };
    const [answer] = await client.askAll([call]);
    assert(answer);
    return answer;
  };
  const reason = async (...args: Parameters<typeof ask>): Promise<string> => {
    const answer = await ask(...args);
    assert(!answer.ok, "there is no answer");
    return answer.reason;
  };

  test("sends the review and reads the answer, with its patch", async () => {
    const good = { ok: true, body: { response: { uid: "u" } }, patch: undefined };
    assert.deepEqual(await ask("/good?timeout=5s"), good);
    assert.deepEqual(seen.at(-1), {
      url: "/good?timeout=5s",
      body: '{"kind":"AdmissionReview"}',
    });
    const patched = await ask("/patch");
    assert(patched.ok);
    assert.deepEqual(patched.patch, patch);
    const wrong = await ask("/bad-patch");
    assert(wrong.ok && wrong.patch === undefined, "the webhook's own fault is told elsewhere");
  });

  test("ends what takes too long, before the answer and in it", async () => {
    for (const path of ["/slow", "/trickle"]) {
      const why = await reason(path, { timeoutMs: 200 });
      assert.equal(why, `Post "https://127.0.0.1:${stub.port}${path}": context deadline exceeded`);
    }
  });

  test("takes nothing that is no JSON, too deep or too large", async () => {
    assert.match(await reason("/garbage"), /^couldn't get version\/kind; json parse error/u);
    assert.match(await reason("/deep"), /json parse error/u);
    assert.match(await reason("/huge"), /the response is larger than \d+ bytes/u);
  });

  test("tells a closed connection and a status that is no success", async () => {
    assert.match(await reason("/close"), /: EOF$/u);
    assert.match(await reason("/broken"), /^an error on the server \("oh no"\)/u);
    assert.match(await reason("/moved"), /status code 302/u, "it is not followed");
  });

  test("believes only the authority that the configuration names", async () => {
    const other = await startStub((_, response) => response.end());
    assert(other);
    const why = await reason("/good", { caBundle: other.caBundle });
    assert.match(why, /x509: certificate signed by unknown authority$/u);
    await other.close();
    const { port } = stub;
    assert.match(await reason("/good", { url: `https://localhost:${port}/good` }), /x509: cert/u);
    assert.match(
      await reason("/good", { url: "https://127.0.0.1:1/" }),
      /dial tcp 127\.0\.0\.1:1: connect: connection refused$/u,
    );
  });

  test("reaches a Service by the name that its certificate has", async () => {
    const { port } = stub;
    const service = { namespace: "shop", name: "hook", port: 443 };
    const open = (): Promise<Duplex> => Promise.resolve(connect(port, "127.0.0.1"));
    const url = "https://hook.shop.svc:443/good?timeout=5s";
    assert((await ask("", { url, service }, open)).ok);
    const wrong = { url: "https://other.shop.svc:443/good", service };
    assert.match(await reason("", wrong, open), /x509: certificate is not valid for the name/u);
    const absent = (): Promise<Duplex> => Promise.reject(new Error('service "hook" not found'));
    assert.equal(await reason("", { url, service }, absent), 'service "hook" not found');
    const never = (): Promise<Duplex> => new Promise(() => undefined);
    const late = { url, service, timeoutMs: 100 };
    assert.match(await reason("", late, never), /context deadline exceeded$/u);
  });
});

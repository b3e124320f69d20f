/** gRPC as programs speak it (grpc-js at both ends) through sidecars, to two pods. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { type Program, ServiceStage } from "./testing/service-stage.ts";
import type { StagePod } from "./testing/stage.ts";

const asIs = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  const codecs = { requestSerialize: asIs, requestDeserialize: asIs };
  const path = `/shop.Orders/${name}`;
  return { path, requestStream, responseStream, ...codecs, ...answers };
}
const answers = { responseSerialize: asIs, responseDeserialize: asIs };
const definition = {
  ask: method("Ask", false, false),
  sum: method("Sum", true, false),
  list: method("List", false, true),
  chat: method("Chat", true, true),
};
const Orders = makeGenericClientConstructor(definition, "Orders");

interface OrdersClient extends Client {
  ask(request: Buffer, metadata: Metadata, options: object, done: Done): { cancel(): void };
  sum(done: Done): ClientWritableStream<Buffer>;
  list(request: Buffer, metadata?: Metadata): ClientReadableStream<Buffer>;
  chat(): ClientDuplexStream<Buffer, Buffer>;
}
interface Implementation {
  ask: handleUnaryCall<Buffer, Buffer>;
  sum: handleClientStreamingCall<Buffer, Buffer>;
  list: handleServerStreamingCall<Buffer, Buffer>;
  chat: handleBidiStreamingCall<Buffer, Buffer>;
}
type Done = (error: ServiceError | null, answer?: Buffer) => void;

describe("gRPC between sidecars", () => {
  let stage: ServiceStage;
  let pods: readonly [StagePod, StagePod];
  const clients: OrdersClient[] = [];
  const servers: Server[] = [];

  beforeEach(async () => {
    stage = await ServiceStage.start();
    pods = [await stage.pod("db-1"), await stage.pod("db-2")];
    stage.route([await serve(pods[0]), await serve(pods[1])], undefined, "grpc");
  });
  afterEach(() => {
    for (const one of clients.splice(0)) one.close();
    stage.close();
    for (const server of servers.splice(0)) server.forceShutdown();
  });

  /** A program that answers by the name of its pod. */
  async function serve(pod: StagePod, more: Partial<Implementation> = {}): Promise<Program> {
    const server = new Server();
    servers.push(server);
    const { name } = pod.facts;
    const implementation: Implementation = {
      ask: (call, done) => {
        const trailer = new Metadata();
        trailer.add("served-by", name);
        trailer.add("proof-bin", Buffer.from([0, 255]));
        if (call.request.toString() === "fail") {
          done({ code: status.NOT_FOUND, details: "no such order: 蜂", metadata: trailer });
        } else if (call.request.toString() !== "hang") done(null, Buffer.from(name), trailer);
      },
      sum: (call, done) => {
        let total = 0;
        call.on("data", (bytes: Buffer) => {
          total += bytes.length;
        });
        call.on("end", () => done(null, Buffer.from(String(total))));
      },
      list: (call) => {
        call.write(Buffer.from(name));
        if (call.request.toString() === "all") {
          for (let count = 0; count < 100; count += 1) call.write(Buffer.from(String(count)));
          call.end();
        }
      },
      chat: (call) => {
        call.on("data", (bytes: Buffer) => call.write(Buffer.concat([Buffer.from("re:"), bytes])));
        call.on("end", () => call.end());
      },
      ...more,
    };
    server.addService(definition, { ...implementation });
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    return stage.program(pod, (socket) => injector.injectConnection(socket));
  }

  async function client(): Promise<OrdersClient> {
    const made = new Orders(`127.0.0.1:${stage.door()}`, credentials.createInsecure());
    assert(isOrders(made));
    clients.push(made);
    return made;
  }

  /** The answer to one call, or the error. */
  function ask(from: OrdersClient, text: string, options = {}): Promise<string | ServiceError> {
    return new Promise((resolve) => {
      from.ask(Buffer.from(text), new Metadata(), options, (error, answer) =>
        resolve(error ?? String(answer)),
      );
    });
  }

  test("the calls of one connection go to both pods", async () => {
    const one = await client();
    const counts = new Map<string, number>();
    for (let round = 0; round < 10; round += 1) {
      const answered = await Promise.all(Array.from({ length: 4 }, () => ask(one, "who")));
      for (const by of answered.map(String)) counts.set(by, (counts.get(by) ?? 0) + 1);
    }
    assert.deepEqual(new Set(counts.keys()), new Set(["db-1", "db-2"]));
    for (const [by, count] of counts) assert(count >= 8, `${by} has ${count} of 40`);
    const page = await stage.metrics();
    const labels = 'direction="out",target="shop/db:80",protocol="grpc"';
    assert(page.includes(`beemesh_proxy_requests_total{${labels},code="OK"} 40\n`), page);
    assert(page.includes(`beemesh_proxy_connections_total{${labels}} 1\n`), page);
  });

  test("calls at once share the connections to the pods", async () => {
    const one = await client();
    const all = await Promise.all(Array.from({ length: 200 }, () => ask(one, "who")));
    assert.deepEqual(new Set(all), new Set(["db-1", "db-2"]));
    const page = await stage.metrics();
    const made = /beemesh_workload_carriers\{direction="out"\} (\d+)/u.exec(page)?.[1];
    assert(Number(made) <= 6, `${made} carriers`);
  });

  test("messages stream from the client, to the client, and both ways", async () => {
    const one = await client();
    const total = await new Promise((resolve) => {
      const call = one.sum((error, answer) => resolve(error ?? String(answer)));
      for (let count = 0; count < 50; count += 1) call.write(Buffer.alloc(10_000));
      call.end();
    });
    assert.equal(total, "500000");
    const listed: string[] = [];
    for await (const bytes of one.list(Buffer.from("all"))) listed.push(String(bytes));
    assert.equal(listed.length, 101);
    assert.equal(listed.at(-1), "99");
    const call = one.chat();
    for (const text of ["one", "two", "three"]) {
      call.write(Buffer.from(text));
      const [answer] = await once(call, "data");
      assert.equal(String(answer), `re:${text}`);
    }
    call.end();
    const [end] = await once(call, "status");
    assert.equal(end.code, status.OK);
  });

  test("a status, its words and its trailers come as the program sent them", async () => {
    const error = await ask(await client(), "fail");
    assert(typeof error === "object");
    assert.deepEqual([error.code, error.details], [status.NOT_FOUND, "no such order: 蜂"]);
    assert.match(String(error.metadata.get("served-by")[0]), /^db-[12]$/u);
    assert.deepEqual(error.metadata.get("proof-bin"), [Buffer.from([0, 255])]);
    const page = await stage.metrics();
    assert.match(page, /requests_total\{[^}]*protocol="grpc",code="NOT_FOUND"\} 1/u);
  });

  test("a pod that dies in mid-stream ends its own calls, and no others", async () => {
    const one = await client();
    const streams = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const call = one.list(Buffer.from("open"));
        const ended = new Promise<ServiceError>((resolve) => call.once("error", resolve));
        const [by] = await once(call, "data");
        return { by: String(by), call, ended };
      }),
    );
    const lost = streams.filter(({ by }) => by === "db-1");
    const kept = streams.filter(({ by }) => by === "db-2");
    assert(lost.length > 0 && kept.length > 0);
    stage.kill(pods[0]);
    for (const { ended } of lost) assert.equal((await ended).code, status.UNAVAILABLE);
    for (let count = 0; count < 20; count += 1) assert.match(String(await ask(one, "who")), /^db/u);
    for (const { call, ended } of kept) {
      call.cancel();
      assert.equal((await ended).code, status.CANCELLED);
    }
  });

  test("a call that the client cancels is cancelled in the pod", async () => {
    const cancelled = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const program = await serve(pods[0], {
      ask: (call) => {
        call.on("cancelled", () => cancelled.resolve());
        started.resolve();
      },
    });
    stage.route([program]);
    const one = await client();
    const call = one.ask(Buffer.from("x"), new Metadata(), {}, () => {});
    await started.promise;
    call.cancel();
    await cancelled.promise;
  });

  test("a deadline is the client's own, and ends the call in the pod too", async () => {
    const cancelled = Promise.withResolvers<void>();
    const program = await serve(pods[0], {
      ask: (call) => void call.on("cancelled", () => cancelled.resolve()),
    });
    stage.route([program]);
    const error = await ask(await client(), "x", { deadline: Date.now() + 200 });
    assert(typeof error === "object");
    assert.equal(error.code, status.DEADLINE_EXCEEDED);
    await cancelled.promise;
  });

  test("without a pod a call fails as gRPC says it", async () => {
    const one = await client();
    stage.route([]);
    const error = await ask(one, "who");
    assert(typeof error === "object");
    assert.equal(error.code, status.UNAVAILABLE);
    assert.match(error.details, /no pod that is ready/u);
  });

  test("a server that shuts down loses no call", async () => {
    const one = await client();
    for (let count = 0; count < 10; count += 1) await ask(one, "who");
    const calls = Array.from({ length: 50 }, () => ask(one, "who"));
    servers[0]?.tryShutdown(() => {});
    for (const answer of await Promise.all(calls)) assert.match(String(answer), /^db-[12]$/u);
  });
});

function isOrders(value: Client): value is OrdersClient {
  return "ask" in value && "chat" in value;
}

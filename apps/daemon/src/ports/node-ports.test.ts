import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { after, afterEach, before, describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import type { KubeObject, Pod } from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { until } from "../stage.test.ts";
import type { PodAccess } from "../tunnel/pod-access.ts";
import { NodePorts } from "./node-ports.ts";

/** Objects that change, and who is told of it. */
class Shelf {
  objects: readonly KubeObject[] = [];
  readonly #listeners = new Set<(change: Change) => void>();

  store(): ObjectStore {
    const list: ObjectStore["list"] = ({ kind }, namespace) => ({
      items: this.objects.filter(
        (object) =>
          object.kind === kind &&
          (namespace === undefined || object.metadata.namespace === namespace),
      ),
      revision: "1",
    });
    const get: ObjectStore["get"] = (resource, namespace, name) =>
      list(resource, namespace).items.find(({ metadata }) => metadata.name === name);
    const onChange: ObjectStore["onChange"] = (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ports only read
    return { list, get, onChange } as ObjectStore;
  }

  put(...objects: readonly KubeObject[]): void {
    this.objects = objects;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a change its kind counts
    const change = { resource: { name: "services" } } as Change;
    for (const listener of this.#listeners) listener(change);
  }
}

const at = { namespace: "shop", name: "web" };

function service(nodePort: number, spec: object = {}): KubeObject {
  const ports = [{ name: "http", port: 80, nodePort }];
  return { apiVersion: "v1", kind: "Service", metadata: at, spec: { ports, ...spec } };
}

function slice(...uids: readonly string[]): KubeObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...at, labels: { "kubernetes.io/service-name": "web" } },
    ports: [{ name: "http", port: 8080 }],
    endpoints: uids.map((uid) => ({ targetRef: { uid }, nodeName: uid.slice(2) })),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What a client hears that says hello; undefined if it is turned away. */
async function heard(port: number): Promise<string | undefined> {
  const client = connect({ port, host: "127.0.0.1" });
  client.end("hello");
  return text(client).catch(() => undefined);
}

describe("NodePorts", () => {
  /** Behind each pod is one program, which says where it was reached. */
  let program: Server;
  let port = 0;
  let ports: NodePorts;
  const warned: string[] = [];
  const shelf = new Shelf();
  let own: readonly Pod[] = [];
  const silent = new Set<string>();

  const pods: Pick<PodAccess, "connect"> = {
    connect: async (place, inside, by) => {
      if (silent.has(place.uid)) throw new BeeError("policy-refused", "Cannot enter");
      const address = program.address();
      assert(typeof address === "object" && address !== null);
      const socket = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.write(`${place.uid} ${place.machine} ${inside} ${by} `);
      return socket;
    },
  };

  before(async () => {
    program = createServer((socket: Socket) => socket.pipe(socket));
    program.listen(0, "127.0.0.1");
    await once(program, "listening");
    port = await freePort();
  });
  after(() => program.close());

  function start(host = "127.0.0.1"): void {
    const note = (message: string): void => void warned.push(message);
    ports = new NodePorts({
      self: "m1",
      host,
      objects: shelf.store(),
      ownPods: () => own,
      pods,
      reading: { bringAll: async () => undefined, namespaces: () => ["shop"] },
      log: { debug: () => undefined, info: note, warn: note, error: note },
    });
  }

  const untilOpen = (...places: readonly string[]): Promise<void> =>
    until(`open ${places.join()}`, async () => ports.open.join() === places.join());

  afterEach(() => {
    ports.close();
    shelf.objects = [];
    silent.clear();
    own = [];
  });

  test("lead to a Service's pods, as through the ingress, while it wants it", async () => {
    start();
    assert.deepEqual(ports.open, []);
    shelf.put(service(port), slice("U-m1"));
    await untilOpen(`127.0.0.1 ${port}`);
    assert.equal(await heard(port), "U-m1 m1 8080 ingress hello");
    shelf.put();
    await untilOpen();
    assert.equal(await heard(port), undefined);
  });

  test("try another pod, and turn away whom none takes", async () => {
    start();
    shelf.put(service(port), slice("U-m1", "U-m2"));
    await untilOpen(`127.0.0.1 ${port}`);
    silent.add("U-m1");
    for (let round = 0; round < 8; round += 1) {
      assert.equal(await heard(port), "U-m2 m2 8080 ingress hello");
    }
    silent.add("U-m2");
    assert.equal(await heard(port), undefined);
  });

  test("keep a client with its pod, and to this machine's pods, where wanted", async () => {
    start();
    shelf.put(service(port, { sessionAffinity: "ClientIP" }), slice("U-m1", "U-m2"));
    await untilOpen(`127.0.0.1 ${port}`);
    const all = await Promise.all(Array.from({ length: 20 }, () => heard(port)));
    const again = await heard(port);
    assert.equal(new Set([...all.slice(1), again]).size, 1);
    shelf.put(service(port, { externalTrafficPolicy: "Local" }), slice("U-m1", "U-m2"));
    await until("the pod here alone", async () => {
      const said = await Promise.all(Array.from({ length: 10 }, () => heard(port)));
      return said.every((each) => each?.startsWith("U-m1"));
    });
  });

  test("lead to the pods of this machine that take one of its own", async () => {
    start();
    const spec = {
      containers: [{ name: "c", image: "i", ports: [{ containerPort: 90, hostPort: port }] }],
    };
    const metadata = { ...at, uid: "U-own" };
    own = [{ apiVersion: "v1", kind: "Pod", metadata, spec, status: { phase: "Running" } }];
    shelf.put();
    await untilOpen(`127.0.0.1 ${port}`);
    assert.equal(await heard(port), "U-own m1 90 ingress hello");
  });

  test("that another program has are told of once, and opened when it has gone", async () => {
    const other = createServer();
    other.listen(port, "127.0.0.1");
    await once(other, "listening");
    start();
    const earlier = warned.length;
    shelf.put(service(port), slice("U-m1"));
    await until("told", async () => warned.length > earlier);
    await ports.look();
    other.close();
    await once(other, "close");
    await until("open", async () => {
      await ports.look();
      return ports.open.length > 0;
    });
    assert.deepEqual(warned.slice(earlier), ["Cannot open a port"]);
  });
});

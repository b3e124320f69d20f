/**
 * The official client library of JavaScript against two machines: what informers, elections and
 * pages of client programs rely on.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  type V1ConfigMap,
  type V1ConfigMapList,
  type V1Lease,
} from "@kubernetes/client-node";
import { portOf } from "../../../test/port-of.ts";
import { at, mapsPath, meshOf, type StageMachine, until, withStage } from "./stage.test.ts";

const namespace = "default";

/** `continue` is a word of the language, so that the library writes it like this. */
const continueName = "_continue";

/** What the library is told of a machine, at its own port or another. */
function configOf(machine: StageMachine, port = machine.daemon.apiPort): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(machine.kubeconfig);
  const [cluster] = config.clusters;
  assert(cluster);
  // Each machine has an authority of its own, and the client is to change between them.
  const { caData: _, ...rest } = cluster;
  config.clusters = [{ ...rest, server: `https://127.0.0.1:${port}`, skipTLSVerify: true }];
  return config;
}

function coreOf(machine: StageMachine): CoreV1Api {
  return configOf(machine).makeApiClient(CoreV1Api);
}

function mapNamed(name: string, labels: Record<string, string> = {}): V1ConfigMap {
  return { metadata: { name, labels }, data: { key: "value" } };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A page after another one, as the library names what it goes on from. */
function pageAfter(token: string | undefined) {
  return { namespace, limit: 5, labelSelector: "page=yes", [continueName]: token ?? "" };
}

/** Where the next page begins. */
function tokenOf({ metadata }: V1ConfigMapList): string {
  return metadata?.[continueName] ?? "";
}

/** The status and the Status that a call failed with. */
async function failureOf(call: Promise<unknown>): Promise<{ code: number; body: JsonObject }> {
  const error: unknown = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert(error instanceof ApiException, "the call failed");
  const body: unknown = typeof error.body === "string" ? parseJson(error.body) : error.body;
  assert(isJsonObject(body));
  return { code: error.code, body };
}

/** A way to a machine that can be cut, and led to another. */
class Cable {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port: this.target });
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  target: number;

  constructor(target: number) {
    this.target = target;
  }

  async open(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return portOf(this.#server);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

/** Runs with two machines of one mesh. */
function withTwo(
  play: (first: StageMachine, second: StageMachine) => Promise<void>,
): Promise<void> {
  return withStage(async (make) => {
    const [first, second] = await meshOf(make, 2);
    assert(first && second);
    await play(first, second);
  });
}

/** An informer of maps with a label, what it has told, and how often it has listed. */
function watchMaps(config: KubeConfig) {
  const core = config.makeApiClient(CoreV1Api);
  const told: string[] = [];
  const counts = { lists: 0 };
  const list = () => {
    counts.lists += 1;
    return core.listNamespacedConfigMap({ namespace, labelSelector: "app=web" });
  };
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const informer = makeInformer(config, path, list, "app=web");
  let isStopped = false;
  for (const verb of ["add", "update", "delete"] as const) {
    informer.on(verb, ({ metadata }) => told.push(`${verb} ${metadata?.name}`));
  }
  // Programs start it again when it fails, as the library's own examples do.
  informer.on("error", () => {
    if (!isStopped) setTimeout(() => void informer.start(), 50);
  });
  const stop = async (): Promise<void> => {
    isStopped = true;
    await informer.stop();
  };
  const tells = (what: string): Promise<void> =>
    until(`it tells: ${what}`, () => Promise.resolve(told.includes(what)));
  return { start: () => informer.start(), stop, tells, told, counts };
}

describe("the client library", () => {
  test("informers go on where they were cut off, and list again at another machine", () =>
    withTwo(async (first, second) => {
      const [core, other] = [coreOf(first), coreOf(second)];
      const cable = new Cable(first.daemon.apiPort);
      const port = await cable.open();
      const { start, stop, tells, told, counts } = watchMaps(configOf(first, port));
      try {
        const labels = { app: "web" };
        await core.createNamespacedConfigMap({ namespace, body: mapNamed("a", labels) });
        await start();
        await tells("add a");
        await other.createNamespacedConfigMap({ namespace, body: mapNamed("b", labels) });
        await other.createNamespacedConfigMap({ namespace, body: mapNamed("not-web") });
        await tells("add b");
        await core.deleteNamespacedConfigMap({ namespace, name: "a" });
        await tells("delete a");
        assert.equal(counts.lists, 1);

        cable.cut();
        await core.createNamespacedConfigMap({ namespace, body: mapNamed("c", labels) });
        await tells("add c");
        assert.equal(counts.lists, 1, "it went on from the version that it had seen");

        cable.target = second.daemon.apiPort;
        cable.cut();
        await core.deleteNamespacedConfigMap({ namespace, name: "b" });
        await tells("delete b");
        await other.createNamespacedConfigMap({ namespace, body: mapNamed("d", labels) });
        await tells("add d");
        assert.equal(counts.lists, 2, "the other machine answered 410 to the version");
        assert(!told.includes("add not-web"));
      } finally {
        await stop();
        cable.close();
      }
    }));

  test("an election by Lease has one leader at a time, whichever machine is asked", () =>
    withTwo(async (first, second) => {
      const apis = [first, second, first, second].map((machine) =>
        configOf(machine).makeApiClient(CoordinationV1Api),
      );
      const body: V1Lease = { metadata: { name: "leader" }, spec: { holderIdentity: "" } };
      const [maker] = apis;
      await maker?.createNamespacedLease({ namespace, body });
      await until("both have it", async () => {
        const leases = await Promise.all(apis.map((api) => api.listNamespacedLease({ namespace })));
        return leases.every(({ items }) => items.length === 1);
      });
      let leaders = 0;
      let conflicts = 0;
      const name = "leader";
      const claim = async (api: CoordinationV1Api, holder: string): Promise<boolean> => {
        const lease = await api.readNamespacedLease({ namespace, name });
        const holds = lease.spec?.holderIdentity ?? "";
        if (holds !== "" && holder !== "") return false;
        const wanted = structuredClone(lease);
        Object.assign(wanted.spec ?? {}, { holderIdentity: holder });
        try {
          await api.replaceNamespacedLease({ namespace, name, body: wanted });
          return true;
        } catch (error) {
          assert(error instanceof ApiException && error.code === 409, String(error));
          conflicts += 1;
          return false;
        }
      };
      await Promise.all(
        apis.map(async (api, index) => {
          for (let terms = 0; terms < 8; ) {
            if (!(await claim(api, `candidate-${index}`))) continue;
            leaders += 1;
            assert.equal(leaders, 1, "nobody else leads");
            await new Promise((resolve) => setImmediate(resolve));
            leaders -= 1;
            terms += 1;
            while (!(await claim(api, ""))) assert(conflicts < 5000);
          }
        }),
      );
      assert(conflicts > 0, "they have fought for it");
    }));

  test("generated names, conflicts and preconditions are as with one API server", () =>
    withTwo(async (first, second) => {
      const [core, other] = [coreOf(first), coreOf(second)];
      const body: V1ConfigMap = { metadata: { generateName: "job-" } };
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? core : other).createNamespacedConfigMap({ namespace, body }),
        ),
      );
      const names = made.map(({ metadata }) => metadata?.name ?? "");
      assert.equal(new Set(names).size, 20);
      for (const name of names) assert.match(name, /^job-[a-z0-9]{5}$/u);

      const created = await core.createNamespacedConfigMap({ namespace, body: mapNamed("one") });
      const taken = await failureOf(
        other.createNamespacedConfigMap({ namespace, body: mapNamed("one") }),
      );
      assert.deepEqual([taken.code, taken.body["reason"]], [409, "AlreadyExists"]);
      const next = structuredClone(created);
      next.data = { key: "next" };
      const replaced = await core.replaceNamespacedConfigMap({
        namespace,
        name: "one",
        body: next,
      });
      const [before, after] = [created, replaced].map(({ metadata }) =>
        BigInt(metadata?.resourceVersion ?? 0),
      );
      assert(before !== undefined && after !== undefined && before < after, "versions grow");
      for (const api of [core, other]) {
        const stale = await failureOf(
          api.replaceNamespacedConfigMap({ namespace, name: "one", body: created }),
        );
        assert.deepEqual([stale.code, stale.body["reason"]], [409, "Conflict"]);
        const preconditions = { uid: "00000000-0000-4000-8000-000000000000" };
        const wrong = await failureOf(
          api.deleteNamespacedConfigMap({ namespace, name: "one", body: { preconditions } }),
        );
        assert.equal(wrong.code, 409);
      }
      const seen = await core.readNamespacedConfigMap({ namespace, name: "one" });
      const { resourceVersion = "" } = seen.metadata ?? {};
      await core.deleteNamespacedConfigMap({
        namespace,
        name: "one",
        body: { preconditions: { resourceVersion } },
      });
      const gone = await failureOf(core.readNamespacedConfigMap({ namespace, name: "one" }));
      assert.equal(gone.code, 404);
    }));

  test("pages fit together, also those that must be asked for again, and selectors select", () =>
    withTwo(async (first, second) => {
      const [core, other] = [coreOf(first), coreOf(second)];
      const names = Array.from({ length: 12 }, (_, index) => `p${String(index).padStart(2, "0")}`);
      for (const [index, name] of names.entries()) {
        const labels = { parity: index % 2 === 0 ? "even" : "odd", page: "yes" };
        await core.createNamespacedConfigMap({ namespace, body: mapNamed(name, labels) });
      }
      const namesOf = ({ items }: { items: V1ConfigMap[] }) =>
        items.map(({ metadata }) => metadata?.name);
      const one = await core.listNamespacedConfigMap(pageAfter(""));
      assert.deepEqual(namesOf(one), names.slice(0, 5));
      await core.deleteNamespacedConfigMap({ namespace, name: "p07" });
      const two = await core.listNamespacedConfigMap(pageAfter(tokenOf(one)));
      assert.deepEqual(namesOf(two), names.slice(5, 10), "the list is of one moment");
      const three = await core.listNamespacedConfigMap(pageAfter(tokenOf(two)));
      assert.deepEqual(namesOf(three), names.slice(10));
      assert.equal(tokenOf(three), "");

      await until("the other has heard of it", async () => {
        const { items } = await other.listNamespacedConfigMap({ namespace, labelSelector: "page" });
        return items.length === 11;
      });
      const { code, body } = await failureOf(
        other.listNamespacedConfigMap(pageAfter(tokenOf(one))),
      );
      assert.deepEqual([code, body["reason"]], [410, "Expired"]);
      const token = at(body, "metadata", "continue");
      assert(typeof token === "string" && token !== "", "the rest can be had, of another moment");
      const rest = await other.listNamespacedConfigMap(pageAfter(token));
      assert.deepEqual(namesOf(rest), ["p05", "p06", "p08", "p09", "p10"]);

      const labelSelector = "page,parity notin (odd)";
      const even = await core.listNamespacedConfigMap({ namespace, labelSelector });
      assert.deepEqual(
        namesOf(even),
        names.filter((_, index) => index % 2 === 0),
      );
      const fieldSelector = "metadata.name=p03";
      const field = await core.listConfigMapForAllNamespaces({ fieldSelector });
      assert.deepEqual(namesOf(field), ["p03"]);
    }));

  test("bookmarks and watch-lists tell where a client stands", () =>
    withTwo(async (first, second) => {
      await coreOf(second).createNamespacedConfigMap({ namespace, body: mapNamed("a") });
      await until("the first has it", async () => {
        return (await first.call("GET", `${mapsPath}/a`)).status === 200;
      });
      const eventsOf = async (query: string): Promise<JsonObject[]> => {
        const { status, text } = await first.call("GET", `${mapsPath}?watch=1&${query}`);
        assert.equal(status, 200, text);
        const lines = text.split("\n").filter((line) => line !== "");
        return lines.map((line) => parseJson(line)).filter(isJsonObject);
      };
      const short = "timeoutSeconds=1&allowWatchBookmarks=true";
      const list = `${short}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
      const events = await eventsOf(list);
      const types = events.map((event) => event["type"]);
      const marks = types.flatMap((type, index) => (type === "BOOKMARK" ? [index] : []));
      assert.equal(types.filter((type) => type === "ADDED").length, marks[0]);
      const [mark, end] = marks.map((index) => events[index]);
      const marked = at(mark, "object", "metadata", "annotations", "k8s.io/initial-events-end");
      assert.equal(marked, "true");
      assert.equal(at(end, "object", "kind"), "ConfigMap", "a watch that ends says where");
      const version = at(end, "object", "metadata", "resourceVersion");
      assert(typeof version === "string");
      await coreOf(first).createNamespacedConfigMap({ namespace, body: mapNamed("b") });
      const since = await eventsOf(`${short}&resourceVersion=${version}`);
      assert.equal(at(since[0], "object", "metadata", "name"), "b");

      const foreign = await second.call("GET", mapsPath);
      const theirs = textOf(at(foreign.body, "metadata", "resourceVersion"));
      const [refused] = await eventsOf(`${short}&resourceVersion=${theirs}`);
      assert.equal(refused?.["type"], "ERROR");
      assert.equal(at(refused, "object", "code"), 410);
      assert.equal(at(refused, "object", "reason"), "Expired");
      const never = await eventsOf(`${list}&resourceVersion=${theirs}`);
      assert.equal(never[0]?.["type"], "ADDED", "a watch-list is never told 410");
    }));
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import type { Refusal, Route } from "@beemesh/workload";
import { apiHost } from "@beemesh/workload-plane";
import type { Contact } from "./contacts.ts";
import type { Dialed } from "./dialer.ts";
import { MachineCounsel, type MachineCounselOptions } from "./machine-counsel.ts";
import type { OutsidePlace } from "./outside-dialer.ts";

const pod = {
  uid: "u1",
  namespace: "shop",
  name: "web-1",
  serviceAccount: "default",
  mesh: "m",
  machine: "m1",
};
const endpoint = {
  uid: "u2",
  machine: "m2",
  namespace: "db",
  serviceAccount: "sql",
  ip: "10.0.0.2",
  port: 5432,
};
const caller = { uid: "u9", namespace: "web", serviceAccount: "front", issuer: "p9" };
const dialed: Dialed = {
  held: {
    descriptor: 9,
    bytes: new Uint8Array(),
    release: () => undefined,
    reclaim: () => undefined,
  },
  path: "direct",
  issuer: "p2",
};
const wanted = { protocol: "tcp", ip: "10.96.0.9", port: 80 } as const;
const serviceOf = (namespace: string, endpoints = [endpoint]): Route => ({
  kind: "service",
  key: "k",
  namespace,
  name: "sql",
  port: 80,
  appProtocol: "",
  endpoints,
});
const refused: Route = { kind: "refused", key: "k", reason: "nobody has it" };

function open(change: Partial<MachineCounselOptions> = {}, routes: Route[] = []) {
  const heard = {
    brought: [] as string[],
    contacts: [] as Contact[],
    refusals: [] as Refusal[],
    outside: [] as OutsidePlace[],
  };
  const counsel = new MachineCounsel({
    directory: {
      factsOf: (uid) => (uid === "u1" ? pod : undefined),
      names: () => ({ status: "found", ttlSeconds: 5, records: [] }),
      mayLeave: (_pod, { host }) =>
        host === "closed.example"
          ? { allowed: false, reason: "no policy allows it" }
          : { allowed: true, reason: "" },
      admit: () => ({ allowed: true, reason: "", cause: "" }),
      mayCallUnknown: () => true,
    },
    discovery: { find: () => Promise.resolve([]), namespacesAt: () => Promise.resolve([]) },
    subscriptions: { route: () => routes.shift() ?? refused },
    following: {
      isAllHere: () => true,
      bring: (_pod, about) => {
        heard.brought.push("namespace" in about ? `${about.kind} ${about.namespace}` : about.kind);
        return Promise.resolve();
      },
    },
    dialer: { dial: () => Promise.resolve(dialed) },
    outsideDialer: {
      dial: (place) => {
        heard.outside.push(place);
        return Promise.resolve({ ...dialed, path: "external", issuer: "" });
      },
    },
    refusals: { tell: (_pod, refusal) => heard.refusals.push(refusal) },
    certify: ({ publicKey, notBeforeMs, notAfterMs }) =>
      publicKey === "bad" ? undefined : `${publicKey} ${notBeforeMs} ${notAfterMs}`,
    mayAuthor: (peer) => peer === "p9",
    meshNowMs: () => 1_000_000,
    apiPort: () => 6443,
    onConnected: (contact) => heard.contacts.push(contact),
    onLost: () => undefined,
    onTraced: () => undefined,
    lifetimeMs: 3_600_000,
    ...change,
  });
  return { counsel, heard };
}

describe("MachineCounsel", () => {
  test("certifies from a little before now on, and nobody whom it does not know", () => {
    const { counsel } = open();
    assert.deepEqual(counsel.certify("u1", "key"), {
      certificate: "key 700000 4600000",
      notAfterMs: 4_600_000,
    });
    assert.equal(counsel.certify("u1", "bad"), undefined);
    assert.equal(counsel.certify("u7", "key"), undefined);
  });

  test("brings a name's namespace before it answers", async () => {
    const { counsel, heard } = open();
    await counsel.names("u1", "sql.db.svc.cluster.local", "A");
    await counsel.names("u1", "example.com", "A");
    assert.deepEqual(heard.brought, ["services db", "self"]);
    assert.equal((await counsel.names("u7", "a", "A")).status, "refused");
  });

  test("brings what stands behind a Service of another namespace", async () => {
    const { counsel, heard } = open({}, [serviceOf("db"), serviceOf("db")]);
    assert.deepEqual(await counsel.route("u1", wanted), serviceOf("db"));
    assert.deepEqual(heard.brought, ["self", "services db"]);
  });

  test("looks everywhere for an address that nobody here has, but not each time", async () => {
    const { counsel, heard } = open({}, [refused, serviceOf("db"), serviceOf("db")]);
    assert.deepEqual(await counsel.route("u1", wanted), serviceOf("db"));
    assert.deepEqual(heard.brought, ["self", "anywhere", "services db"]);
    assert.deepEqual(await counsel.route("u1", wanted), refused);
    assert.deepEqual(heard.brought.slice(3), ["self"]);
    assert.equal((await counsel.route("u7", wanted)).kind, "refused");
  });

  test("asks the hash table whose an unknown address is, and believes the records", async () => {
    const brought: string[] = [];
    const sought: string[] = [];
    const following = {
      isAllHere: () => false,
      bring: (_pod: unknown, about: { kind: string; namespace?: string }) => {
        brought.push([about.kind, about.namespace].join(" ").trim());
        return Promise.resolve();
      },
    };
    const discovery = {
      find: () => Promise.resolve([]),
      namespacesAt: (ip: string) => {
        sought.push(ip);
        return Promise.resolve(["db"]);
      },
    };
    const change = { following, discovery };
    const found = Array.from({ length: 2 }, () => serviceOf("db"));
    const { counsel } = open(change, [refused, ...found]);
    assert.deepEqual(await counsel.route("u1", wanted), serviceOf("db"));
    assert.deepEqual([sought, brought], [["10.96.0.9"], ["self", "services db", "services db"]]);
    const liar = open(change, [refused, refused, refused]).counsel;
    assert.deepEqual(await liar.route("u1", wanted), refused, "no record has the address");
    await open(change).counsel.route("u1", { ...wanted, ip: "192.0.2.1" });
    assert.equal(sought.length, 2, "an address outside is not looked for");
  });

  test("finds pods of which there is no record by what they say themselves", async () => {
    const ref = {
      uid: "u5",
      machine: "p5",
      node: "m5",
      ip: "10.0.0.5",
      addresses: [],
      services: [{ service: "db/sql", ports: [{ protocol: "tcp", port: 80, target: 5432 }] }],
      version: 1,
      notAfterMs: 2,
    } as const;
    const asked: string[] = [];
    const discovery = {
      find: (service: string) => {
        asked.push(service);
        return Promise.resolve([{ ref, namespace: "db", serviceAccount: "sa" }]);
      },
      namespacesAt: () => Promise.resolve([]),
    };
    const empty = Array.from({ length: 3 }, () => serviceOf("db", []));
    const route = await open({ discovery }, [...empty]).counsel.route("u1", wanted);
    assert(route.kind === "service");
    assert.deepEqual(route.endpoints, [
      {
        uid: "u5",
        machine: "m5",
        namespace: "db",
        serviceAccount: "sa",
        ip: "10.0.0.5",
        port: 5432,
      },
    ]);
    assert.deepEqual(asked, ["db/sql"]);
    const other = await open({ discovery }, [...empty]).counsel.route("u1", {
      ...wanted,
      port: 81,
    });
    assert(other.kind === "service" && other.endpoints.length === 0, "it serves no such port");
  });

  test("looks for callers only if their machine may speak for their namespace", async () => {
    const { counsel, heard } = open();
    const at = { protocol: "tcp", port: 80 } as const;
    await counsel.admit("u1", { ...caller, issuer: "stranger" }, at);
    assert.deepEqual(heard.brought, []);
    assert((await counsel.admit("u1", caller, at)).allowed);
    assert.deepEqual(heard.brought, ["callers web"]);
    assert.equal(heard.contacts.at(-1)?.direction, "in");
    assert(!(await counsel.admit("u7", caller, at)).allowed);
  });

  test("dials, and notes who talks to whom", async () => {
    const { counsel, heard } = open();
    assert.equal(await counsel.dial("u1", endpoint, true), dialed);
    assert.deepEqual(heard.contacts, [], "a watch over replicas is no traffic");
    assert.equal(await counsel.dial("u1", endpoint, false), dialed);
    assert.deepEqual(heard.contacts, [
      {
        direction: "out",
        pod: "u1",
        peer: "u2",
        namespace: "db",
        serviceAccount: "sql",
        protocol: "tcp",
        port: 5432,
        path: "direct",
      },
    ]);
  });

  test("asks the policies again before it dials outside, and tells what it refused", async () => {
    const { counsel, heard } = open();
    const place = { protocol: "tcp", host: "closed.example", port: 443 } as const;
    await assert.rejects(counsel.dialExternal("u1", place), { code: "egress-refused" });
    assert.equal(heard.refusals[0]?.source, "spiffe://m/ns/shop/sa/default");
    assert.equal(heard.refusals[0]?.target, "closed.example");
    await counsel.dialExternal("u1", { ...place, host: "open.example" });
    await counsel.dialExternal("u1", { ...place, host: apiHost });
    assert.deepEqual(heard.outside, [
      { protocol: "tcp", host: "open.example", port: 443, isNamed: false },
      { protocol: "tcp", host: "127.0.0.1", port: 6443, isNamed: true },
    ]);
    await assert.rejects(counsel.dialExternal("u7", place), BeeError);
  });
});

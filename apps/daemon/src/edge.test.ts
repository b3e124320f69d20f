/**
 * What a client sees of a machine that refuses it, and what others see meanwhile: the codes,
 * reasons and fields of kube-apiserver, over TLS and HTTP/2 as clients come.
 *
 * Source: k8s.io/apimachinery, pkg/apis/meta/v1, StatusReason.
 */
import assert from "node:assert/strict";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import {
  at,
  mapNamed,
  mapsPath,
  podNamed,
  podsPath,
  type StageMachine,
  withStage,
} from "./stage.test.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
}

/** Sends a request on a connection that others may share. */
async function ask(
  session: ClientHttp2Session,
  line: string,
  options: {
    readonly body?: string | undefined;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const { body, headers = {} } = options;
  const head = { ":method": method, ":path": path, "content-type": "application/json", ...headers };
  const stream = session.request(head, { endStream: body === undefined });
  const answered = new Promise<IncomingHttpHeaders & { ":status"?: number }>((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("error", reject);
  });
  // What is too large is refused while it comes.
  stream.on("error", () => undefined);
  if (body !== undefined) stream.end(body);
  const got = await answered;
  const parsed = parseJson(await text(stream), { lengthMax: 1 << 24, depthMax: 64 });
  return { status: got[":status"] ?? 0, headers: got, body: isJsonObject(parsed) ? parsed : {} };
}

/** A machine that runs while tests ask it. */
class Edge {
  readonly machine: StageMachine;
  readonly #sessions: ClientHttp2Session[] = [];

  constructor(machine: StageMachine) {
    this.machine = machine;
  }

  /** A connection: of the owner, or of whom its requests' headers say. */
  open(isOwner: boolean): ClientHttp2Session {
    const field = (name: string): Buffer => {
      const value = new RegExp(`${name}: (\\S+)`, "u").exec(this.machine.kubeconfig)?.[1] ?? "";
      return Buffer.from(value, "base64");
    };
    const own = isOwner
      ? { cert: field("client-certificate-data"), key: field("client-key-data") }
      : {};
    const ca = field("certificate-authority-data");
    const url = `https://127.0.0.1:${this.machine.daemon.apiPort}`;
    const session = connect(url, { ca, servername: "localhost", ...own });
    session.on("error", () => undefined);
    this.#sessions.push(session);
    return session;
  }

  close(): void {
    for (const session of this.#sessions) session.destroy();
  }
}

/** The headers of a ServiceAccount that may look at everything of its namespace. */
async function viewer({ machine }: Edge, name: string): Promise<Record<string, string>> {
  const base = "/api/v1/namespaces/default/serviceaccounts";
  await machine.call("POST", base, { kind: "ServiceAccount", metadata: { name } });
  await machine.call("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", {
    kind: "RoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  });
  const { body } = await machine.call("POST", `${base}/${name}/token`, { kind: "TokenRequest" });
  const token = at(body, "status", "token");
  assert(typeof token === "string");
  return { authorization: `Bearer ${token}` };
}

async function withEdge(play: (edge: Edge) => Promise<void>): Promise<void> {
  await withStage(async (make) => {
    const machine = make("m1");
    machine.found();
    await machine.start();
    const edge = new Edge(machine);
    try {
      await play(edge);
    } finally {
      edge.close();
    }
  });
}

interface Refusal {
  readonly what: string;
  readonly line: string;
  readonly body?: Json | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly as?: "owner" | "viewer" | "stranger" | "impostor";
  readonly code: number;
  readonly reason: string;
  /** Of the first cause. */
  readonly field?: string;
}

const json = "application/json";
const stale = { ...mapNamed("there"), metadata: { name: "there", resourceVersion: "1" } };

const refusals: readonly Refusal[] = [
  {
    what: "text that is no JSON",
    line: `POST ${mapsPath}`,
    body: "{",
    code: 400,
    reason: "BadRequest",
  },
  {
    what: "a selector that cannot be read",
    line: `GET ${mapsPath}?labelSelector=a%20in`,
    code: 400,
    reason: "BadRequest",
  },
  {
    what: "a wrong token",
    line: `GET ${mapsPath}`,
    as: "impostor",
    code: 401,
    reason: "Unauthorized",
  },
  {
    what: "who may only look",
    line: `POST ${mapsPath}`,
    body: mapNamed("a"),
    as: "viewer",
    code: 403,
    reason: "Forbidden",
  },
  { what: "a stranger", line: `GET ${mapsPath}`, as: "stranger", code: 403, reason: "Forbidden" },
  { what: "a name that is not there", line: `GET ${mapsPath}/none`, code: 404, reason: "NotFound" },
  {
    what: "a collection that is put",
    line: `PUT ${mapsPath}`,
    body: mapNamed("a"),
    code: 405,
    reason: "MethodNotAllowed",
  },
  {
    what: "a format that nobody writes",
    line: `GET ${mapsPath}`,
    headers: { accept: "text/csv" },
    code: 406,
    reason: "NotAcceptable",
  },
  {
    what: "a name that is taken",
    line: `POST ${mapsPath}`,
    body: mapNamed("there"),
    code: 409,
    reason: "AlreadyExists",
  },
  {
    what: "a version that is not the newest",
    line: `PUT ${mapsPath}/there`,
    body: stale,
    code: 409,
    reason: "Conflict",
  },
  {
    what: "a moment that nobody remembers",
    line: `GET ${mapsPath}?resourceVersion=1&resourceVersionMatch=Exact&limit=1`,
    code: 410,
    reason: "Expired",
  },
  {
    what: "too much of a body",
    line: `POST ${mapsPath}`,
    body: mapNamed("big", 4 * 1024 * 1024),
    code: 413,
    reason: "RequestEntityTooLarge",
  },
  {
    what: "a format that nobody reads",
    line: `POST ${mapsPath}`,
    body: "a,b",
    headers: { "content-type": "text/csv" },
    code: 415,
    reason: "UnsupportedMediaType",
  },
  {
    what: "a patch in a format of none",
    line: `PATCH ${mapsPath}/there`,
    body: {},
    headers: { "content-type": json },
    code: 415,
    reason: "UnsupportedMediaType",
  },
  {
    what: "a pod without containers",
    line: `POST ${podsPath}`,
    body: { ...podNamed("a"), spec: { containers: [] } },
    code: 422,
    reason: "Invalid",
    field: "spec.containers",
  },
  {
    what: "a name that is no name",
    line: `POST ${mapsPath}`,
    body: mapNamed("A_B"),
    code: 422,
    reason: "Invalid",
    field: "metadata.name",
  },
];

describe("the edge answers", () => {
  let over: () => void = () => undefined;
  let stage: Promise<void> = Promise.resolve();
  let edge: Edge | undefined;
  const sessions = new Map<
    string,
    { session: ClientHttp2Session; headers: Record<string, string> }
  >();

  before(async () => {
    const ready = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    over = done.resolve;
    stage = withEdge(async (opened) => {
      edge = opened;
      await opened.machine.call("POST", mapsPath, mapNamed("there"));
      const headers = await viewer(opened, "viewer");
      sessions.set("owner", { session: opened.open(true), headers: {} });
      sessions.set("viewer", { session: opened.open(false), headers });
      sessions.set("stranger", { session: opened.open(false), headers: {} });
      const wrong = { authorization: "Bearer nonsense" };
      sessions.set("impostor", { session: opened.open(false), headers: wrong });
      ready.resolve();
      await done.promise;
    });
    stage.catch((error: unknown) => ready.reject(error));
    await ready.promise;
  });
  after(async () => {
    over();
    await stage;
  });

  for (const { what, line, body, headers, as = "owner", code, reason, field } of refusals) {
    test(`${what}: ${code} ${reason}`, async () => {
      const who = sessions.get(as);
      assert(who && edge);
      const sent = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const own = { ...who.headers, ...headers };
      const answer = await ask(who.session, line, { body: sent, headers: own });
      assert.equal(answer.status, code, JSON.stringify(answer.body));
      const { kind, status, reason: said, code: told, message } = answer.body;
      assert.deepEqual([kind, status, said, told], ["Status", "Failure", reason, code]);
      assert(typeof message === "string" && message !== "");
      const causes = at(answer.body, "details", "causes");
      const [first] = Array.isArray(causes) ? causes : [];
      if (field !== undefined) assert.equal(at(first, "field"), field);
      assert.match(String(answer.headers["content-type"]), /^application\/json/u);
    });
  }
});

/** Watches that one client tries to open. */
const watchesTried = 10_000;

/** Streams that a connection may have: the rest goes on another. */
const streamsPerSession = 250;

describe("who asks for too much", () => {
  test("is told to come again, and the others do not notice", () =>
    withEdge(async (edge) => {
      const headers = await viewer(edge, "greedy");
      const owner = edge.open(true);
      const codes = new Map<number, number>();
      let refused: Answer | undefined;
      for (let tried = 0; tried < watchesTried; tried += streamsPerSession) {
        const session = edge.open(false);
        const heads = await Promise.all(
          Array.from({ length: streamsPerSession }, () => watchHead(session, headers)),
        );
        for (const status of heads) codes.set(status, (codes.get(status) ?? 0) + 1);
        assert.equal((await ask(owner, `GET ${mapsPath}`)).status, 200, "another is served");
        if (heads.every((status) => status !== 200)) {
          refused ??= await ask(session, `GET ${mapsPath}?watch=true`, { headers });
          session.destroy();
        }
      }
      assert.deepEqual(
        [...codes.keys()].toSorted((a, b) => a - b),
        [200, 429],
      );
      assert.equal(codes.get(200), 500, "as many as one user may have");
      assert.equal(refused?.headers["retry-after"], "1");
      assert.deepEqual(
        [refused.body["reason"], at(refused.body, "details", "retryAfterSeconds")],
        ["TooManyRequests", 1],
      );
      const watch = owner.request({ ":path": `${mapsPath}?watch=true` });
      const heard = new Promise<void>((resolve, reject) => {
        watch.setEncoding("utf8").on("data", (said: string) => {
          if (said.includes('"news"')) resolve();
        });
        watch.on("error", reject);
      });
      await ask(owner, `POST ${mapsPath}`, { body: JSON.stringify(mapNamed("news")) });
      await heard;
    }));

  test("with bodies that never end does not keep others from being served", () =>
    withEdge(async (edge) => {
      const headers = await viewer(edge, "slow");
      const session = edge.open(false);
      const bodies = Array.from({ length: 50 }, () => {
        const head = { ":method": "POST", ":path": mapsPath, "content-type": json, ...headers };
        const stream = session.request(head, { endStream: false });
        stream.on("error", () => undefined);
        stream.write('{"kind":"ConfigMap",');
        return stream;
      });
      const owner = edge.open(true);
      for (let round = 0; round < 20; round += 1) {
        const body = JSON.stringify(mapNamed(`beside-${round}`));
        assert.equal((await ask(owner, `POST ${mapsPath}`, { body })).status, 201);
      }
      assert(
        bodies.every((stream) => !stream.destroyed),
        "they were open all the time",
      );
    }));
});

/** The status of a watch that is opened, and stays so. */
function watchHead(session: ClientHttp2Session, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": `${mapsPath}?watch=true`, ...headers });
    stream.once("response", ({ ":status": status }) => {
      stream.resume();
      resolve(Number(status));
    });
    stream.once("error", reject);
  });
}

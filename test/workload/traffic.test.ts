/**
 * Real programs that talk through their pods' sidecars: to a pod of the same machine and to one of
 * another, by a Service's name, by its address, and by the pod's.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findPrograms, type Program } from "../../adapters/lab/src/index.ts";
import { cannotStage, Stage, serverCommand } from "./stage.ts";

const isPossible = cannotStage() === false;
const programs: Readonly<Record<string, Program | undefined>> = isPossible
  ? findPrograms("curl", "initdb", "postgres", "psql", "redis-cli", "redis-server")
  : {};

function lacks(...names: readonly string[]): string | false {
  const missing = names.filter((name) => programs[name] === undefined);
  return missing.length > 0 && `not here: ${missing.join(", ")}`;
}

/** Where Debian's PostgreSQL looks for its own files, which depends on where itself is. */
const postgresHome = "/usr/lib/postgresql/15";

function postgresFolders(): Record<string, string> {
  const { postgres } = programs;
  if (postgres === undefined) return {};
  const own = join(dirname(postgres.path), "..");
  const share = join(own, "../../../share/postgresql/15");
  return {
    [`${postgresHome}/bin/initdb`]: join(own, "bin/initdb"),
    [`${postgresHome}/bin/postgres`]: join(own, "bin/postgres"),
    [`${postgresHome}/lib/dict_snowball.so`]: join(own, "lib/dict_snowball.so"),
    [`${postgresHome}/lib/plpgsql.so`]: join(own, "lib/plpgsql.so"),
    "/usr/share/postgresql/15": share,
  };
}

const startPostgres = `cd ${postgresHome}/bin
./initdb -D /data/db -U bee --auth=trust --locale=C -N >/dev/null 2>/tmp/log || cat /tmp/log
echo host all all all trust >>/data/db/pg_hba.conf
exec ./postgres -D /data/db -k /tmp -c listen_addresses='*' -c fsync=off`;

/** Sends one line to a port and prints what comes back. */
const tcpAsker = `const [, host, port, family] = process.argv;
const socket = require("net").connect({ host, port: Number(port), family: Number(family ?? 0) });
socket.setTimeout(5000, () => { console.log("silence"); process.exit(1); });
socket.on("connect", () => socket.write("hello"));
socket.on("data", (data) => { console.log(String(data)); socket.end(); });
socket.on("error", (error) => { console.log(error.code); process.exit(1); });`;

/** Sends a datagram until one comes back: UDP may lose any. */
const udpAsker = `const [, host, port] = process.argv;
const socket = require("dgram").createSocket("udp4");
const again = setInterval(() => socket.send("hello", Number(port), host), 300);
socket.send("hello", Number(port), host);
setTimeout(() => { console.log("silence"); process.exit(1); }, 8000).unref();
socket.on("message", (data, from) => {
  console.log(data + " from " + from.address + ":" + from.port); clearInterval(again); socket.close();
});`;

/**
 * A resolver of its own, as RFC 1035 has it: asks the name server for the A records of a name,
 * over UDP and over TCP, and prints the answer's code and last four bytes of each.
 */
const ownResolver = `const [, name] = process.argv;
const labels = name.split(".").map((label) => String.fromCharCode(label.length) + label).join("");
const query = Buffer.concat([
  Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  Buffer.from(labels, "latin1"), Buffer.from([0, 0, 1, 0, 1]),
]);
const tell = (how, answer) => {
  if (answer.readUInt16BE(0) !== 0x1234) throw new Error("an answer to another question");
  console.log(how, answer[3] & 15, [...answer.subarray(-4)].join("."));
};
const udp = require("dgram").createSocket("udp4");
udp.on("message", (answer) => { tell("udp", answer); udp.close(); });
udp.send(query, 53, "10.96.0.10");
const tcp = require("net").connect(53, "10.96.0.10");
const length = Buffer.alloc(2);
length.writeUInt16BE(query.length);
tcp.write(Buffer.concat([length, query]));
let all = Buffer.alloc(0);
tcp.on("data", (data) => {
  all = Buffer.concat([all, data]);
  if (all.length < 2 || all.length < 2 + all.readUInt16BE(0)) return;
  tell("tcp", all.subarray(2)); tcp.end();
});
setTimeout(() => { console.log("silence"); process.exit(1); }, 8000).unref();`;

describe("real programs in pods", { skip: cannotStage() }, () => {
  let stage: Stage;
  /** Addresses of the two servers: of the pod and of its Service. */
  const addresses = new Map<string, readonly string[]>();

  before(async () => {
    stage = await Stage.open(Object.values(programs), postgresFolders());
    const databases = lacks("initdb", "postgres", "psql") === false;
    const caches = lacks("redis-server", "redis-cli") === false;
    await stage.pods(
      { name: "client", on: "m1" },
      { name: "near", on: "m1", command: serverCommand },
      { name: "far", on: "m2", command: serverCommand },
      ...(databases ? [database] : []),
      ...(caches ? [cache] : []),
    );
    for (const name of ["near", "far"]) {
      const ports = [
        { name: "http", port: 80, targetPort: 8080 },
        { name: "echo", port: 7 },
        { name: "echo-udp", port: 7, protocol: "UDP" },
      ];
      const address = await stage.service({ name }, { selector: { app: name }, ports });
      addresses.set(name, [await stage.addressOf({ name }), address]);
    }
    if (databases) {
      await stage.service({ name: "db" }, { selector: { app: "db" }, ports: [{ port: 5432 }] });
    }
    if (caches) {
      await stage.service(
        { name: "cache" },
        { selector: { app: "cache" }, ports: [{ port: 6379 }] },
      );
    }
    for (const name of ["near", "far"]) {
      await stage.untilSays(
        "client",
        ["timeout", "5", "wget", "-q", "-O-", `http://${name}/`],
        /GET/u,
      );
    }
  });

  after(() => stage?.close());

  const database = {
    name: "db",
    on: "m2",
    command: ["/bin/sh", "-c", startPostgres],
    volumes: ["data"],
    container: {
      securityContext: { runAsUser: 1000 },
      readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
    },
  } as const;

  const cache = {
    name: "cache",
    on: "m2",
    command: ["redis-server", "--save", "", "--protected-mode", "no", "--dir", "/tmp"],
    container: { readinessProbe: { tcpSocket: { port: 6379 }, periodSeconds: 1 } },
  } as const;

  for (const server of ["near", "far"]) {
    const where = server === "near" ? "on the same machine" : "on another machine";

    test(`reach a pod ${where} by name, by the Service's address and by the pod's`, async () => {
      const [pod = "", service = ""] = addresses.get(server) ?? [];
      const answer = new RegExp(`^${server} GET /page`, "u");
      for (const host of [server, `${server}.default.svc.cluster.local`, service, `${pod}:8080`]) {
        const url = `http://${host}/page`;
        assert.match(await stage.says("client", ["wget", "-q", "-O-", url]), answer, url);
      }
      for (const [host, port] of [
        [server, "7"],
        [service, "7"],
        [pod, "7"],
      ] as const) {
        const ask = `echo hello | nc -w 5 ${host} ${port}`;
        assert.match(await stage.says("client", ["sh", "-c", ask]), new RegExp(`^${server} hello`));
        const { stdout } = await stage.script("client", tcpAsker, host, port);
        assert.equal(stdout.trim(), `${server} hello`, `Node to ${host}`);
      }
    });

    test(`send datagrams to a pod ${where}, and the answer comes from whom was asked`, async () => {
      const [pod = "", service = ""] = addresses.get(server) ?? [];
      for (const address of [service, pod]) {
        const { stdout } = await stage.script("client", udpAsker, address, "7");
        assert.equal(stdout.trim(), `${server} hello from ${address}:7`);
      }
    });

    test(`curl keeps a connection and posts to a pod ${where}`, {
      skip: lacks("curl"),
    }, async () => {
      const url = `http://${server}/one`;
      const format = "%{num_connects} %{http_code}\n";
      const argv = ["curl", "-s", "-w", format, "-d", "x=1", url, url];
      const said = await stage.says("client", argv);
      assert.match(said, new RegExp(`^${server} POST /one ${server}\n1 200\n`, "u"));
      assert.match(said, /\n0 200\n$/u, "the second goes over the first's connection");
    });
  }

  test("Node's http client asks by name over one kept connection", async () => {
    const source = `const http = require("http");
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const ask = (left) => http.get("http://far/n" + left, { agent }, (response) => {
        response.setEncoding("utf8").on("data", (text) => console.log(text.trim()));
        response.on("end", () => left > 1 ? ask(left - 1) : agent.destroy());
      });
      ask(3);`;
    const { stdout } = await stage.script("client", source);
    assert.equal(stdout, "far GET /n3 far\nfar GET /n2 far\nfar GET /n1 far\n");
  });

  test("psql asks a PostgreSQL that runs as a user in its own volume", {
    skip: lacks("initdb", "postgres", "psql"),
  }, async () => {
    const psql = ["psql", "-h", "db", "-U", "bee", "-d", "postgres", "-Atc"];
    await stage.says("client", [...psql, "create table bees (name text)"]);
    await stage.says("client", [
      ...psql,
      "insert into bees select 'bee ' || generate_series(1, 2000)",
    ]);
    assert.equal(
      (await stage.says("client", [...psql, "select count(*) from bees"])).trim(),
      "2000",
    );
    const rows = await stage.says("client", [...psql, "select * from bees"]);
    assert.equal(rows.trim().split("\n").length, 2000);
    assert.equal(
      (await stage.says("client", [...psql, "select current_setting('data_directory')"])).trim(),
      "/data/db",
    );
  });

  test("redis-cli asks a Redis, also with many commands at once", {
    skip: lacks("redis-server", "redis-cli"),
  }, async () => {
    const redis = ["redis-cli", "-h", "cache"];
    assert.equal((await stage.says("client", [...redis, "set", "bee", "mesh"])).trim(), "OK");
    assert.equal((await stage.says("client", [...redis, "get", "bee"])).trim(), "mesh");
    const many = Array.from({ length: 500 }, () => "INCR hive").join("\n");
    const said = await stage.says("client", redis, `${many}\n`);
    assert.equal(said.trim().split("\n").at(-1), "500");
  });

  test("an address of IPv6 outside is refused at once", async () => {
    const { stdout, code } = await stage.script("client", tcpAsker, "2001:db8::1", "80", "6");
    assert.equal(code, 1);
    assert.match(stdout.trim(), /^(?:ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH)$/u);
  });

  test("a resolver of the program's own is answered, over UDP and TCP", async () => {
    const [, service = ""] = addresses.get("far") ?? [];
    const name = "far.default.svc.cluster.local";
    const { stdout } = await stage.script("client", ownResolver, name);
    assert.deepEqual(stdout.trim().split("\n").toSorted(), [
      `tcp 0 ${service}`,
      `udp 0 ${service}`,
    ]);
    // Busybox has one too.
    const said = await stage.exec("client", ["nslookup", `${name}.`, "10.96.0.10"]);
    assert(said.stdout.includes(`Address: ${service}`), said.stdout);
  });
});

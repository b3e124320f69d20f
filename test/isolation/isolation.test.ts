/**
 * A pod reaches nobody and is reached by nobody but through its sidecar: not over TCP, UDP, ICMP,
 * raw packets, IPv6, abstract sockets, nor at the addresses of its computer. The intruder is root
 * with every capability, which no container is.
 */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import { findCommand, run } from "../../adapters/runtime/src/command.ts";
import { unmountUnder } from "../../adapters/runtime/src/mounts.ts";
import { makeNamespaces, namespacePath } from "../../adapters/runtime/src/namespaces.ts";
import { Sidecars } from "../../adapters/runtime/src/sidecars.ts";
import type { SidecarLine } from "../../core/ports/src/index.ts";
import { greeting, type IntruderTask } from "./intruder.ts";
import { Listeners } from "./listeners.ts";

/** The two pods: one that wants out, and one that somebody wants into. */
const intruder = { uid: "in-1", ip: "10.66.77.1", ip6: "fdbe:e000::66:77:1:1" };
const victim = { uid: "in-2", ip: "10.66.77.2", ip6: "fdbe:e000::66:77:1:2" };

/** Where clouds tell machines their secrets. */
const metadataAddress = "169.254.169.254";

function cannotRun(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const missing = ["nft", "ip", "busybox"].filter((tool) => findCommand(tool) === undefined);
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

/** The addresses of this computer that one can connect to without naming a device. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((each) => (each === undefined || each.scopeid ? [] : [each.address]));
}

/** Counts what comes in from a pod by a rule of a network, which is this computer's or a pod's. */
class Counter {
  readonly #table = `beemesh_isolation_${process.pid}`;
  readonly #enter: readonly string[];

  constructor(network: string | undefined) {
    this.#enter = network === undefined ? [] : ["nsenter", `--net=${network}`];
  }

  open(...matches: readonly string[]): void {
    const rules = matches.map((match) => `${match} counter name seen`).join("\n");
    this.#nft(`table inet ${this.#table} {
      counter seen { }
      chain arrivals { type filter hook prerouting priority raw; policy accept;
        ${rules}
      }
    }`);
  }

  get packets(): number {
    const text = this.#nft(`list counter inet ${this.#table} seen`);
    return Number(/packets (\d+)/u.exec(text)?.[1]);
  }

  close(): void {
    this.#nft(`delete table inet ${this.#table}`);
  }

  #nft(input: string): string {
    const [command, ...args] = [...this.#enter, "nft", "-f", "-"];
    return execFileSync(command ?? "", args, { input, encoding: "utf8" });
  }
}

describe("a pod's network", { skip: cannotRun() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "isolation-"));
  const networkOf = (uid: string): string => namespacePath(join(folder, uid), "net");
  const listeners = new Listeners();
  const ofHost = new Counter(undefined);
  const ofVictim = new Counter(networkOf(victim.uid));
  const sidecars = new Sidecars({
    folder,
    sidecarPath: join(import.meta.dirname, "../../apps/sidecar/src/main.ts"),
  });
  let service: ChildProcess | undefined;

  before(async () => {
    for (const { uid, ...addresses } of [intruder, victim]) {
      await makeNamespaces({ folder: join(folder, uid), hostname: uid, ...addresses });
    }
    await listeners.open();
    ofHost.open(
      `ip saddr { ${intruder.ip}, ${victim.ip}, 198.51.100.66 }`,
      `ip6 saddr { ${intruder.ip6}, ${victim.ip6}, 2001:db8::66 }`,
    );
    ofVictim.open('iifname != "lo"', `ip saddr ${intruder.ip}`, `ip6 saddr ${intruder.ip6}`);
  });

  after(async () => {
    service?.kill("SIGKILL");
    await sidecars.drop(intruder.uid);
    sidecars.close();
    await unmountUnder(folder);
    rmSync(folder, { recursive: true });
    listeners.close();
    ofHost.close();
  });

  /** Lets the intruder try, in the intruding pod or in this computer's own network. */
  async function intrude(
    network: string | undefined,
    hosts: readonly string[],
  ): Promise<Record<string, string>> {
    const task: IntruderTask = {
      hosts,
      tcpPort: listeners.tcpPort,
      udpPort: listeners.udpPort,
      abstractName: listeners.abstractName,
      devices: network === undefined ? [] : ["beemesh0", "lo"],
    };
    const program = [join(import.meta.dirname, "intruder.ts"), JSON.stringify(task)];
    const node = [process.execPath, "--no-warnings", ...program];
    const enter = network === undefined ? [] : ["nsenter", `--net=${network}`];
    const [command = "", ...args] = [...enter, ...node];
    const outcomes: unknown = JSON.parse(await run(command, args));
    assert(typeof outcomes === "object" && outcomes !== null);
    return Object.fromEntries(
      Object.entries(outcomes).map(([what, heard]) => [what, String(heard)]),
    );
  }

  const inside = (): readonly string[] => [...ownAddresses(), metadataAddress];
  const others = [victim.ip, victim.ip6];

  function assertNobodyCame(outcomes: Record<string, string>): void {
    const reached = Object.entries(outcomes).filter(([, heard]) => heard.includes(greeting));
    // Its own loopback answers a ping, as everybody's does.
    const own = new Set(["ping 127.0.0.1", "ping ::1"]);
    assert.deepEqual(
      reached.filter(([what]) => !own.has(what)),
      [],
    );
    assert.deepEqual(listeners.visits, []);
    assert.equal(ofHost.packets, 0, "not a packet came to this computer");
    assert.equal(ofVictim.packets, 0, "not a packet came to the other pod");
  }

  test("the intruder is one: it reaches this computer from this computer", async () => {
    const own = ownAddresses();
    const outcomes = await intrude(undefined, own);
    const ways = own.flatMap((host) => [`tcp ${host}`, `udp ${host}`, `ping ${host}`]);
    for (const way of [...ways, "unix"]) assert.equal(outcomes[way], greeting, way);
    assert(listeners.visits.length >= 2 * own.length);
    listeners.visits.length = 0;
    // And the counters count.
    ofVictim.close();
    ofVictim.open('iifname "lo"');
    await run("nsenter", [`--net=${networkOf(victim.uid)}`, "busybox", "ping", "-c1", victim.ip]);
    assert(ofVictim.packets > 0);
    ofVictim.close();
    ofVictim.open('iifname != "lo"', `ip saddr ${intruder.ip}`, `ip6 saddr ${intruder.ip6}`);
  });

  test("has a loopback and the sidecar's device, and nothing else", async () => {
    const enter = [`--net=${networkOf(intruder.uid)}`, "ip", "-brief", "link"];
    const links = (await run("nsenter", enter)).trim().split("\n");
    assert.deepEqual(
      links.map((line) => line.split(" ")[0]),
      ["lo", "beemesh0"],
    );
  });

  test("without its sidecar leads nowhere", async () => {
    const outcomes = await intrude(networkOf(intruder.uid), [...inside(), ...others]);
    assertNobodyCame(outcomes);
    const raw = Object.entries(outcomes).filter(([what]) => what.startsWith("raw"));
    assert(raw.length > 0 && raw.every(([, heard]) => heard === "written"), "it did try");
    // A sidecar may come back before the next try.
    for (const host of others) assert.equal(outcomes[`tcp ${host}`], "silent");
  });

  test("with a sidecar that is told to refuse leads nowhere, and the sidecar is asked", async () => {
    const asked = new Set<string>();
    const { promise: up, resolve: onUp } = Promise.withResolvers<void>();
    const stop = sidecars.onLine(({ channel }) => {
      refuseAll(channel, asked);
      onUp();
    });
    sidecars.keep({ ...intruder, network: networkOf(intruder.uid) });
    await up;
    const outcomes = await intrude(networkOf(intruder.uid), [...inside(), ...others]);
    stop();
    assertNobodyCame(outcomes);
    for (const host of [metadataAddress, ...others]) {
      assert(asked.has(`tcp ${host}`) && asked.has(`udp ${host}`), host);
      assert.equal(outcomes[`tcp ${host}`], "ECONNRESET");
      assert.match(outcomes[`udp ${host}`] ?? "", /^E/u, "told at once");
    }
  });

  test("is not entered from outside", async () => {
    const code = `const { createServer } = require("net");
      createServer((socket) => socket.end(${JSON.stringify(greeting)}))
        .listen(${listeners.tcpPort + 1}, "::", () => console.log("up"));`;
    const enter = `--net=${networkOf(victim.uid)}`;
    const child = spawn("nsenter", [enter, process.execPath, "-e", code]);
    service = child;
    await once(child.stdout, "data");
    const port = listeners.tcpPort + 1;
    for (const host of ownAddresses()) {
      const heard = await run("busybox", ["nc", "-w", "1", host, String(port)]).catch(() => "");
      assert.equal(heard, "", `port ${port} of the pod is not one of ${host}`);
    }
    for (const host of others) {
      const route = await run("ip", ["route", "get", host]).catch(() => "unreachable");
      assert.doesNotMatch(route, /beemesh|^local/u, "this computer knows no way into the pod");
    }
    const own = ["busybox", "nc", "-w", "1", victim.ip, String(port)];
    const heard = await run("nsenter", [enter, ...own]);
    assert.equal(heard, greeting, "while the service is there");
    assert.equal(ofVictim.packets, 0);
  });
});

/** The machine's end of a channel, of a machine that allows nothing. */
function refuseAll(channel: SidecarLine["channel"], asked: Set<string>): void {
  assert(channel instanceof Duplex);
  let text = "";
  channel.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const { id, ip, key, kind, protocol, port } = JSON.parse(line);
      if (kind !== "route") continue;
      asked.add(`${protocol} ${ip}`);
      const route = { kind: "refused", key: key ?? `${protocol} ${ip} ${port}`, reason: "closed" };
      channel.write(`${JSON.stringify({ kind: "route", id, route })}\n`);
    }
  });
}

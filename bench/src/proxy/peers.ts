import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import { type Program, runOrThrow } from "@beemesh/lab";
import { endProcess } from "./subject.ts";

/** Two proxies, one behind the other, with mutual TLS 1.3 between them. */
export interface Pair {
  readonly name: string;
  /** Where a client comes in, for each port of the service behind. */
  readonly ports: readonly number[];
  /** The processes that carry the bytes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** What a pair is made of. */
export interface PairOptions {
  readonly program: Program;
  readonly folder: string;
  /** Ports of the service on 127.0.0.1. */
  readonly targets: readonly number[];
  /** Free ports: two for each target. */
  readonly free: readonly number[];
}

/** How long a proxy may take to listen, in milliseconds. */
const startMsMax = 10_000;

/** Makes an authority and one key, P-256 as the sidecars have them, for both ends of a pair. */
export async function makePairKeys(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const paths = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  const made = await runOrThrow([
    "openssl",
    "req",
    "-x509",
    "-subj",
    "/CN=beemesh-bench",
    ...key,
    ...paths,
  ]);
  const both = await runOrThrow(["cat", join(folder, "cert.pem"), join(folder, "key.pem")]);
  writeFileSync(join(folder, "both.pem"), `${made}${both}`, { mode: 0o600 });
}

/** A pair of haproxy processes, with haproxy's own settings but for what TLS needs. */
export async function startHaproxy(options: PairOptions): Promise<Pair> {
  const { folder, targets, free } = options;
  const pem = join(folder, "both.pem");
  const tls = `ssl crt ${pem} ca-file ${join(folder, "cert.pem")} verify required`;
  const head = [
    "global",
    "  maxconn 4000",
    "  ssl-default-bind-options ssl-min-ver TLSv1.3",
    "  ssl-default-server-options ssl-min-ver TLSv1.3",
    "defaults",
    "  mode tcp",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
  ];
  const side = (isNear: boolean): string => {
    const parts = targets.flatMap((target, index) => {
      const [near = 0, far = 0] = free.slice(2 * index, 2 * index + 2);
      return isNear
        ? [`listen l${index}`, `  bind 127.0.0.1:${near}`, `  server s 127.0.0.1:${far} ${tls}`]
        : [`listen l${index}`, `  bind 127.0.0.1:${far} ${tls}`, `  server s 127.0.0.1:${target}`];
    });
    return [...head, ...parts, ""].join("\n");
  };
  const children = ["near", "far"].map((name) => {
    const path = join(folder, `haproxy-${name}.cfg`);
    writeFileSync(path, side(name === "near"));
    return launch(options.program, ["-db", "-f", path]);
  });
  return started("haproxy", options, children);
}

/** A pair of stunnel processes. */
export async function startStunnel(options: PairOptions): Promise<Pair> {
  const { folder, targets, free } = options;
  const children = ["near", "far"].map((name) => {
    const services = targets.flatMap((target, index) => {
      const [near = 0, far = 0] = free.slice(2 * index, 2 * index + 2);
      const isNear = name === "near";
      return [
        `[l${index}]`,
        `client = ${isNear ? "yes" : "no"}`,
        `accept = 127.0.0.1:${isNear ? near : far}`,
        `connect = 127.0.0.1:${isNear ? far : target}`,
        `cert = ${join(folder, "both.pem")}`,
        `CAfile = ${join(folder, "cert.pem")}`,
        "verifyPeer = yes",
        "sslVersion = TLSv1.3",
      ];
    });
    const head = ["foreground = quiet", "pid =", "debug = 3", "socket = l:TCP_NODELAY=1"];
    const path = join(folder, `stunnel-${name}.cfg`);
    writeFileSync(path, [...head, "socket = r:TCP_NODELAY=1", ...services, ""].join("\n"));
    return launch(options.program, [path]);
  });
  return started("stunnel", options, children);
}

function launch({ path, env }: Program, argv: readonly string[]): ChildProcess {
  return spawn(path, argv, { stdio: "ignore", env: { ...process.env, ...env } });
}

async function started(
  name: string,
  { targets, free }: PairOptions,
  children: readonly ChildProcess[],
): Promise<Pair> {
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(endProcess));
  };
  try {
    for (const port of free.slice(0, 2 * targets.length)) await untilListening(name, port);
  } catch (error) {
    await stop();
    throw error;
  }
  const ports = targets.map((_, index) => free[2 * index] ?? 0);
  return { name, ports, pids: children.map(({ pid = 0 }) => pid), stop };
}

/** Waits until somebody listens on a port of loopback. */
async function untilListening(name: string, port: number): Promise<void> {
  for (const deadline = performance.now() + startMsMax; performance.now() < deadline; ) {
    const socket = connect({ host: "127.0.0.1", port });
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new BeeError("bench-failed", `Cannot measure ${name}: it does not listen on ${port}`);
}

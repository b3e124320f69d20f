/** A stand-in for the machine behind the gateway: one pod, whose processes are local children. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import { test } from "node:test";
import type { ApiRequest, ExecSession, FinalReply, Tunnel } from "@beemesh/ports";
import { type ApiServer, type ApiServerOptions, createApiServer } from "./api-server.ts";
import { type TestCertificates, testCertificates } from "./certificate.test.ts";
import type { TunnelEnd } from "./tunnel.ts";

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", uid: "u1", resourceVersion: "1" },
  spec: {
    containers: [{ name: "main", image: "none", stdin: true, ports: [{ containerPort: 80 }] }],
    securityContext: {},
  },
  status: { phase: "Running", containerStatuses: [] },
};

const documents: Readonly<Record<string, unknown>> = {
  version: { major: "1", minor: "33", gitVersion: "v1.33.0" },
  api: { kind: "APIVersions", versions: ["v1"] },
  apis: { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [
      { name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get"] },
    ],
  },
  "api/v1/namespaces/default/pods/web": pod,
};

const tunnelKinds: Readonly<Record<string, Tunnel["kind"]>> = {
  log: "log",
  exec: "exec",
  attach: "attach",
  portforward: "portforward",
};

/** Answers as an API with one pod would. */
export function handleStub(request: ApiRequest): FinalReply {
  const path = request.path.join("/");
  const document = documents[path];
  if (document !== undefined) return { kind: "json", status: 200, body: document };
  const prefix = "api/v1/namespaces/default/pods/web/";
  const kind = path.startsWith(prefix) ? tunnelKinds[path.slice(prefix.length)] : undefined;
  if (kind === undefined) {
    return { kind: "json", status: 404, body: { kind: "Status", status: "Failure", code: 404 } };
  }
  const { query } = request;
  const place = { namespace: "default", pod: "web", uid: "u1", machine: "m1", container: "main" };
  return { kind: "tunnel", tunnel: { kind, ...place, query } };
}

/** Sizes that the terminals of {@link runLocally} were told, newest last. */
export const sizes: (readonly [number, number])[] = [];

/** Runs a command as a child process. */
export function runLocally(command: readonly string[], cwd: string): ExecSession {
  const [name = "true", ...args] = command;
  const child = spawn(name === "node" ? process.execPath : name, args, { cwd });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exitCode: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 137));
    }),
    resize: (columns, rows) => sizes.push([columns, rows]),
    kill: () => child.kill("SIGKILL"),
  };
}

/** The container's side of the stub's tunnels. Ports lead to the same ports of loopback. */
export async function openStub(tunnel: Tunnel, cwd = "/"): Promise<TunnelEnd> {
  if (tunnel.kind === "portforward") {
    return {
      kind: "ports",
      connect: connectLocally,
    };
  }
  if (tunnel.kind === "log") {
    const output = new PassThrough();
    output.write("first line\n");
    setTimeout(() => output.end("last line\n"), 50);
    return { kind: "log", output };
  }
  const echo = ["node", "-e", "process.stdin.pipe(process.stdout)"];
  const command = tunnel.kind === "attach" ? echo : (tunnel.query.get("command") ?? []);
  return { kind: "session", session: runLocally(command, cwd) };
}

async function connectLocally(port: number): Promise<Duplex> {
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

/** A server with the stub behind it, and what its clients need. */
export interface Stub {
  readonly server: ApiServer;
  readonly certificates: TestCertificates;
  /** For `node:https`, `node:http2` and `ws`, as the user ann. */
  readonly client: {
    readonly host: string;
    readonly port: number;
    readonly ca: string;
    readonly key: string;
    readonly cert: string;
  };
}

/** Starts a server on a free port; undefined if there are no certificates. */
export async function startStub(
  changes: Partial<ApiServerOptions> = {},
): Promise<Stub | undefined> {
  const certificates = testCertificates();
  if (certificates === undefined) return undefined;
  const server = await createApiServer({
    port: 0,
    identity: { ...certificates.server, authority: certificates.authority },
    authenticate: ({ subject }) => ({ name: String(subject.CN), groups: [String(subject.O)] }),
    handle: handleStub,
    tunnel: (tunnel) => openStub(tunnel),
    connect: (place) => connectLocally(Number(place.port)),
    acknowledged: async () => [],
    ...changes,
  });
  const { key, certificate: cert } = certificates.client;
  const client = { host: "127.0.0.1", port: server.port, ca: certificates.authority, key, cert };
  return { server, certificates, client };
}

test("the stub runs local processes", async () => {
  const session = runLocally(["node", "-e", "process.exit(7)"], "/");
  assert.equal(await session.exitCode, 7);
});

import { request } from "node:http";
import { type Duplex, Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { BeeError } from "@beemesh/base";
import type { ExecSession, ProbePlan, Runtime } from "@beemesh/ports";
import { askHealth } from "./grpc-health.ts";

/** How a prober gets into the pod. */
export interface ProbeWays {
  connect(port: number): Promise<Duplex>;
  exec(container: string, command: readonly string[]): Promise<ExecSession>;
}

type ProbeResult = Awaited<ReturnType<Runtime["probe"]>>;

/** What a probe says is kept and shown: so much of it is enough. As kubelet has it. */
const messageBytesMax = 1024;

/** Probes a pod as kubelet does: a status from 200 to 399 is well, so is exit code 0. */
export async function runProbe(
  ways: ProbeWays,
  plan: ProbePlan,
  timeoutMs: number,
): Promise<ProbeResult> {
  const abort = new AbortController();
  const timeout = new Promise<ProbeResult>((resolve) => {
    const timer = setTimeout(() => {
      resolve({ ok: false, message: `no answer within ${timeoutMs} ms` });
      abort.abort();
    }, timeoutMs);
    abort.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  try {
    return await Promise.race([attempt(ways, plan, abort.signal), timeout]);
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  } finally {
    abort.abort();
  }
}

async function attempt(ways: ProbeWays, plan: ProbePlan, over: AbortSignal): Promise<ProbeResult> {
  if (plan.kind === "exec") return execProbe(ways, plan, over);
  const socket = await ways.connect(plan.port);
  // Too late to matter: the probe is over.
  over.addEventListener("abort", () => socket.destroy());
  if (over.aborted) socket.destroy();
  socket.on("error", () => socket.destroy());
  if (plan.kind === "tcp") return { ok: true, message: "connected" };
  return plan.kind === "http" ? httpProbe(socket, plan) : grpcProbe(socket, plan);
}

async function grpcProbe(
  socket: Duplex,
  { service, tls }: Extract<ProbePlan, { kind: "grpc" }>,
): Promise<ProbeResult> {
  // Not checked either, as that of a server of HTTP is not.
  const options = { socket, rejectUnauthorized: false, ALPNProtocols: ["h2"] };
  const { ok, message } = await askHealth(tls ? connectTls(options) : socket, service);
  return { ok, message: cut(message) };
}

async function execProbe(
  ways: ProbeWays,
  plan: Extract<ProbePlan, { kind: "exec" }>,
  over: AbortSignal,
): Promise<ProbeResult> {
  const session = await ways.exec(plan.container, plan.command);
  over.addEventListener("abort", () => session.kill());
  let output = "";
  const keep = (chunk: Uint8Array): void => {
    if (output.length < messageBytesMax) output += Buffer.from(chunk).toString();
  };
  for (const stream of [session.stdout, session.stderr]) {
    if (stream instanceof Readable) stream.on("data", keep);
  }
  const exitCode = await session.exitCode;
  return { ok: exitCode === 0, message: cut(output.trim() || `exit code ${exitCode}`) };
}

function httpProbe(
  socket: Duplex,
  plan: Extract<ProbePlan, { kind: "http" }>,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    // A pod's certificate is its own affair: kubelet does not check it either.
    const stream = plan.tls ? connectTls({ socket, rejectUnauthorized: false }) : socket;
    stream.on("error", reject);
    const asked = request({
      createConnection: () => stream,
      method: "GET",
      path: plan.path.startsWith("/") ? plan.path : `/${plan.path}`,
      headers: {
        host: "localhost",
        "user-agent": "beemesh-probe",
        connection: "close",
        ...Object.fromEntries(plan.headers.map(({ name, value }) => [name, value])),
      },
    });
    asked.on("response", (response) => {
      const status = response.statusCode ?? 0;
      const ok = plan.anyStatus === true || (status >= 200 && status < 400);
      resolve({ ok, message: cut(`status ${status}`) });
      response.resume();
    });
    asked.on("error", (cause) =>
      reject(new BeeError("connection-refused", `Cannot probe: ${cause.message}`, { cause })),
    );
    asked.end();
  });
}

function cut(message: string): string {
  return message.slice(0, messageBytesMax);
}

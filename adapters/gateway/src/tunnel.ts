import type { IncomingMessage } from "node:http";
import type { ExecSession, Readable, Tunnel } from "@beemesh/ports";
import { createWebSocketStream } from "ws";
import { hostReadable } from "./host-stream.ts";
import type { Refusal } from "./kube-status.ts";
import type { GatewayLimits } from "./limits.ts";
import { logProtocols, sendLog } from "./log-websocket.ts";
import {
  type ConnectPort,
  forwardPorts,
  portForwardProtocol,
  portForwardTunnelProtocol,
} from "./port-forward.ts";
import { held, leave, runRemoteCommand, wantedStreams } from "./remote-command.ts";
import { spdyTerminal } from "./terminal-spdy.ts";
import { terminalProtocols, webSocketTerminal } from "./terminal-websocket.ts";
import { acceptWebSocket, keepAlive, offeredProtocols, type Upgrade } from "./websocket.ts";

/** The container's side of a tunnel, as the application opens it. */
export type TunnelEnd =
  | { readonly kind: "log"; readonly output: Readable }
  | { readonly kind: "session"; readonly session: ExecSession }
  | { readonly kind: "ports"; readonly connect: ConnectPort };

/** What client and server will speak after HTTP; the protocol is empty if nobody named one. */
export interface Agreement {
  readonly transport: "websocket" | "spdy";
  readonly protocol: string;
}

/** SPDY's exec knows v4 at best, which carries the exit code. */
const spdyTerminalProtocols: readonly string[] = ["v4.channel.k8s.io"];

/** Finds a protocol that both sides speak. */
export function negotiate(kind: Tunnel["kind"], incoming: IncomingMessage): Agreement | Refusal {
  const upgrade = (incoming.headers.upgrade ?? "").toLowerCase();
  const isForward = kind === "portforward";
  if (upgrade === "websocket") {
    const offered = offeredProtocols(incoming);
    if (kind === "log" && offered.length === 0) return { transport: "websocket", protocol: "" };
    const known = webSocketProtocols[kind];
    return agree(
      "websocket",
      known.find((protocol) => offered.includes(protocol)),
      known,
    );
  }
  if (upgrade === "spdy/3.1") {
    const known = isForward ? [portForwardProtocol] : spdyTerminalProtocols;
    const offered = String(incoming.headers["x-stream-protocol-version"] ?? "").split(/\s*,\s*/u);
    return agree(
      "spdy",
      known.find((protocol) => offered.includes(protocol)),
      known,
    );
  }
  return { code: 400, message: "Upgrade request required" };
}

/** Sub-protocols of WebSockets, best first. */
const webSocketProtocols: Readonly<Record<Tunnel["kind"], readonly string[]>> = {
  attach: terminalProtocols,
  exec: terminalProtocols,
  log: logProtocols,
  portforward: [portForwardTunnelProtocol],
};

function agree(
  transport: Agreement["transport"],
  protocol: string | undefined,
  known: readonly string[],
): Agreement | Refusal {
  if (protocol !== undefined) return { transport, protocol };
  return { code: 403, message: `Cannot upgrade: the server speaks ${known.join(", ")} here` };
}

/** A tunnel that has been agreed on, with both its ends. */
export interface AgreedTunnel {
  readonly tunnel: Tunnel;
  readonly agreement: Agreement;
  readonly end: TunnelEnd;
  readonly limits: GatewayLimits;
}

/** Leaves HTTP and connects the two ends. Resolves when the session has begun or is over. */
export async function startTunnel(upgrade: Upgrade, agreed: AgreedTunnel): Promise<void> {
  const { agreement, end, limits, tunnel } = agreed;
  if (end.kind === "log") {
    const client = await acceptWebSocket(upgrade, agreement.protocol, limits.messageBytesMax);
    keepAlive(client, limits.heartbeatMs);
    await sendLog(client, hostReadable(end.output), agreement.protocol);
    return;
  }
  if (end.kind === "ports") {
    await startForward(upgrade, agreed, end.connect);
    return;
  }
  const kind = tunnel.kind === "attach" ? "attach" : "exec";
  const session = held(end.session);
  try {
    await runRemoteCommand(session, await openTerminal(upgrade, agreed), kind);
  } catch (error) {
    leave(session, kind);
    throw error;
  }
}

async function startForward(
  upgrade: Upgrade,
  { agreement, limits }: AgreedTunnel,
  connect: ConnectPort,
): Promise<void> {
  if (agreement.transport === "spdy") {
    answerSpdy(upgrade, agreement.protocol);
    forwardPorts(upgrade.socket, connect, limits);
    return;
  }
  const client = await acceptWebSocket(upgrade, agreement.protocol, limits.messageBytesMax);
  keepAlive(client, limits.heartbeatMs);
  forwardPorts(createWebSocketStream(client), connect, limits);
}

async function openTerminal(
  upgrade: Upgrade,
  { tunnel, agreement, limits }: AgreedTunnel,
): ReturnType<typeof spdyTerminal> {
  const wanted = wantedStreams(tunnel.query);
  if (agreement.transport === "spdy") {
    answerSpdy(upgrade, agreement.protocol);
    return spdyTerminal(upgrade.socket, wanted, limits);
  }
  const client = await acceptWebSocket(upgrade, agreement.protocol, limits.messageBytesMax);
  keepAlive(client, limits.heartbeatMs);
  return webSocketTerminal(client, agreement.protocol, wanted);
}

function answerSpdy({ socket, head }: Upgrade, protocol: string): void {
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      `X-Stream-Protocol-Version: ${protocol}`,
      "\r\n",
    ].join("\r\n"),
  );
  if (head.length > 0) socket.unshift(head);
}

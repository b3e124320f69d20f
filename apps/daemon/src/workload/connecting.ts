import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, isIPv6, type Socket } from "node:net";
import { BeeError } from "@beemesh/base";
import type { SocketAddress } from "./socket-address.ts";

/** The kernel asks after a connection that has been idle this long: its owner may never write. */
const keepAliveMs = 60_000;

/**
 * Makes a TCP connection that reads nothing yet.
 *
 * @param msMax - How long it may take.
 * @throws {BeeError} `address-silent` if it was not made.
 */
export function connectTcp(address: SocketAddress, msMax: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({
    ...address,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  });
  // Paused before it is there, it is not even looked at for bytes.
  socket.pause();
  const timer = setTimeout(() => socket.destroy(new Error("no answer in time")), msMax);
  const onError = (cause: Error): void => {
    clearTimeout(timer);
    reject(silent(address, cause));
  };
  socket.once("error", onError);
  socket.once("connect", () => {
    clearTimeout(timer);
    socket.off("error", onError);
    socket.on("error", () => socket.destroy());
    resolve(socket);
  });
  return promise;
}

/** Makes a UDP socket that sends to, and hears, one address only. Throws as the other does. */
export function connectUdp({ host, port }: SocketAddress): Promise<DatagramSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<DatagramSocket>();
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  socket.once("error", (cause) => {
    socket.close();
    reject(silent({ host, port }, cause));
  });
  socket.connect(port, host, () => {
    socket.removeAllListeners("error");
    socket.on("error", () => undefined);
    resolve(socket);
  });
  return promise;
}

/** Writes, and waits until the system has taken it. */
export async function writeAll(socket: Socket, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.write(text, (error) => (error ? reject(error) : resolve()));
  await promise;
}

function silent({ host, port }: SocketAddress, cause: Error): BeeError {
  const message = `Cannot connect to ${host} port ${port}: ${cause.message}`;
  return new BeeError("address-silent", message, { facts: { host, port }, cause });
}

/**
 * A program that tries everything to reach somebody, wherever it is started: TCP, UDP, ping, raw
 * packets and abstract Unix sockets. Prints what came of each as one object of JSON.
 *
 * Usage: intruder.ts <IntruderTask as JSON>
 */
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { closeSync, writeSync } from "node:fs";
import { connect, isIPv6, type NetConnectOpts } from "node:net";
import { libc } from "../../adapters/kernel/src/libc.ts";
import { datagramPacket } from "../../protocols/packets/src/index.ts";

export interface IntruderTask {
  /** Addresses to reach. */
  readonly hosts: readonly string[];
  readonly tcpPort: number;
  readonly udpPort: number;
  /** The name of an abstract Unix socket, without its zero. */
  readonly abstractName: string;
  /** Network devices to write raw packets to. */
  readonly devices: readonly string[];
}

/** What everybody who is reached says. */
export const greeting = "you are in";

/** Nothing that can be reached on this computer answers later; it bounds what never answers. */
const answerMsMax = 1000;

/** `AF_PACKET`, `SOCK_DGRAM` and `ETH_P_IP`, `ETH_P_IPV6` in the order of the network. */
const packetFamily = 17;
const datagramType = 2;
/** `SIOCGIFINDEX`. */
const askForIndex = 0x8933n;
const etherTypes = { 4: 0x0008, 6: 0xdd86 } as const;

/** What was heard, or why nothing was. */
type Outcome = string;

function tryStream(options: NetConnectOpts): Promise<Outcome> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(options);
    const timer = setTimeout(() => socket.destroy(new Error("silent")), answerMsMax);
    socket.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(heard === "" ? "closed" : heard);
    });
  });
}

function tryDatagram(host: string, port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const done = (outcome: Outcome): void => {
      clearTimeout(timer);
      socket.removeAllListeners("message");
      resolve(outcome);
      socket.close();
    };
    const timer = setTimeout(() => done("silent"), answerMsMax);
    socket.once("message", (message) => done(message.toString()));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.connect(port, host, () => socket.send("knock"));
  });
}

function tryPing(host: string): Promise<Outcome> {
  const args = ["ping", ...(isIPv6(host) ? ["-6"] : []), "-c", "1", "-W", "1", host];
  return new Promise((resolve) => {
    execFile("busybox", args, (error, stdout) => {
      resolve(error === null && stdout.includes("1 packets received") ? greeting : "silent");
    });
  });
}

/** Writes a datagram to a device as it is, past all routes and rules for what is sent. */
function tryRaw(device: string, host: string, port: number): Outcome {
  const version = isIPv6(host) ? 6 : 4;
  // Nobody's source, as a packet that wants to be taken for another's.
  const source = version === 6 ? "2001:db8::66" : "198.51.100.66";
  const payload = Buffer.from("knock");
  const packet = datagramPacket({
    source,
    sourcePort: 6666,
    target: host,
    targetPort: port,
    payload,
  });
  const fd = libc().socket(packetFamily, datagramType, etherTypes[version]);
  // `struct ifreq`: the name, then what is asked.
  const request = Buffer.alloc(40);
  request.write(device);
  libc().ioctl(fd, askForIndex, request);
  // `struct sockaddr_ll`: family, protocol, index of the device.
  const address = Buffer.alloc(20);
  address.writeUInt16LE(packetFamily, 0);
  address.writeUInt16LE(etherTypes[version], 2);
  request.copy(address, 4, 16, 20);
  const bound = libc().bind(fd, address, address.length);
  try {
    return bound === 0 && writeSync(fd, packet) === packet.length ? "written" : "refused";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    closeSync(fd);
  }
}

async function tryAll(task: IntruderTask): Promise<Record<string, Outcome>> {
  const { abstractName, devices, hosts, tcpPort, udpPort } = task;
  const attempts: Promise<[string, Outcome]>[] = hosts.flatMap((host) => [
    tryStream({ host, port: tcpPort }).then((heard) => [`tcp ${host}`, heard]),
    tryDatagram(host, udpPort).then((heard) => [`udp ${host}`, heard]),
    tryPing(host).then((heard) => [`ping ${host}`, heard]),
  ]);
  const abstract = tryStream({ path: `\0${abstractName}` });
  attempts.push(abstract.then((heard) => ["unix", heard]));
  const raw = devices.flatMap((device) =>
    hosts.map((host): [string, Outcome] => [
      `raw ${device} ${host}`,
      tryRaw(device, host, udpPort),
    ]),
  );
  return Object.fromEntries([...raw, ...(await Promise.all(attempts))]);
}

if (import.meta.main) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the test alone
  const task = JSON.parse(process.argv[2] ?? "") as IntruderTask;
  process.stdout.write(JSON.stringify(await tryAll(task)));
}

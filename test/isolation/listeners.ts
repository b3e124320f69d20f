/** Somebody who listens on every address, says to whoever comes that he is in, and counts them. */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { portOf } from "../port-of.ts";
import { greeting } from "./intruder.ts";

export class Listeners {
  /** Who came, and how. */
  readonly visits: string[] = [];
  readonly abstractName: string = `beemesh-isolation-${process.pid}`;
  readonly #tcp: Server = this.#server("tcp");
  readonly #unix: Server = this.#server("unix");
  readonly #udp: DatagramSocket = createSocket("udp6");

  get tcpPort(): number {
    return portOf(this.#tcp);
  }

  get udpPort(): number {
    return this.#udp.address().port;
  }

  async open(): Promise<void> {
    this.#udp.on("message", (_, { address, port }) => {
      this.visits.push(`udp ${address}`);
      this.#udp.send(greeting, port, address);
    });
    this.#tcp.listen(0, "::");
    this.#unix.listen(`\0${this.abstractName}`);
    this.#udp.bind(0, "::");
    await Promise.all([this.#tcp, this.#unix, this.#udp].map((each) => once(each, "listening")));
  }

  close(): void {
    this.#tcp.close();
    this.#unix.close();
    this.#udp.close();
  }

  #server(kind: string): Server {
    return createServer((socket) => {
      this.visits.push(`${kind} ${socket.remoteAddress ?? ""}`);
      socket.on("error", () => socket.destroy());
      socket.end(greeting);
    });
  }
}

import { watchInterruption } from "@beemesh/dev";
import { type Command, InvalidArgumentError } from "commander";
import { homeOf, withData } from "./data-option.ts";
import { forwardService } from "./service-forward.ts";

interface ConnectFlags {
  readonly data?: string;
  readonly namespace: string;
  readonly port: string;
  readonly listen: number;
  readonly json?: boolean;
}

/** Adds `beemesh connect`: a port of this computer that leads to a service. */
export function addConnect(program: Command): void {
  withData(program.command("connect"))
    .description("lead a port of this computer to a service, until Ctrl-C")
    .argument("<service>", "the service, as svc/NAME or NAME", readService)
    .option("-n, --namespace <namespace>", "namespace of the service", "default")
    .option("--port <port>", "number or name of the service's port; the only one without it", "")
    .option("--listen <port>", "port of loopback to listen on; 0 for any", readListen, 0)
    .option("--json", "tell the address as a line of JSON")
    .addHelpText(
      "after",
      `
It works on any machine that runs a daemon; whoever may open the daemon's socket may connect.

Examples:
  beemesh connect svc/db -n shop --listen 5432
  beemesh connect svc/web --port http --json`,
    )
    .action(connect);
}

async function connect(service: string, flags: ConnectFlags): Promise<void> {
  const { namespace, port, listen, json } = flags;
  const interruption = watchInterruption(() => undefined);
  const forward = await forwardService({
    socketPath: homeOf(flags).httpSocket,
    wish: { namespace, service, port },
    listenPort: listen,
    onFailure: (reason) => process.stderr.write(`beemesh: ${reason}\n`),
  });
  const { address, service: name, port: own } = forward;
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ address, service: name, port: own })}\n`
      : `${address} leads to port ${own} of ${name}; Ctrl-C ends it\n`,
  );
  await interruption.came;
  await forward.close();
  interruption.release();
}

/** The name in `svc/NAME`, or in a name alone. */
export function readService(text: string): string {
  const name = /^(?:(?:svc|services?)\/)?([a-z]([-a-z0-9]{0,61}[a-z0-9])?)$/u.exec(text)?.[1];
  if (name !== undefined) return name;
  throw new InvalidArgumentError("It may be svc/NAME, or the name alone.");
}

function readListen(text: string): number {
  if (/^\d{1,5}$/u.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("It may be a port from 0 to 65535.");
}

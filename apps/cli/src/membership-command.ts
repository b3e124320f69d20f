import { type Home, settings } from "@beemesh/daemon";
import { type Command, InvalidArgumentError } from "commander";
import { findAddresses } from "./address.ts";
import { becomeDaemon } from "./bundle.ts";
import { homeOf, withData } from "./data-option.ts";
import { up } from "./up-command.ts";

/** How long a join token is good for if nothing is said: long enough to walk to another machine. */
const tokenMinutes = 60;

/**
 * Adds `beemesh init`, `token` and `join`.
 *
 * @param file - The program's own file, which `join --up` goes on as.
 */
export function addMembership(program: Command, file: string): void {
  addInit(program);
  addToken(program);
  addJoin(program, file);
}

function addInit(program: Command): void {
  withData(program.command("init"))
    .description("make a mesh, whose owner and first machine this is")
    .addHelpText("after", "\nExample:\n  beemesh init && beemesh up")
    .action((options: { data?: string }) => {
      const home = homeOf(options);
      const mesh = home.initialize(Date.now());
      say(`Made mesh ${mesh} in ${home.data}.`);
      say("Next: beemesh up, and for every other machine: beemesh token");
    });
}

function addToken(program: Command): void {
  withData(program.command("token"))
    .description("print a token that lets machines join; treat it as a password")
    .option(
      "--address <multiaddr...>",
      "where this mesh can be reached; without it the addresses of this machine",
      [],
    )
    .option(
      "--mesh-port <port>",
      "port of the addresses that are found",
      settings.meshPort.fallback,
    )
    .option("--expires <minutes>", "how long it can be used", wholeNumber, tokenMinutes)
    .option("--uses <count>", "how many machines may join with it; any number without", wholeNumber)
    .option("--namespace <glob...>", "namespaces whose objects these machines may sign", ["*"])
    .addHelpText(
      "after",
      `
Examples:
  beemesh token --expires 15 --uses 1
  beemesh token --address /ip4/203.0.113.7/tcp/4100`,
    )
    .action(async (options: TokenFlags) => {
      const home = homeOf(options);
      const addresses = await addressesFor(home, options);
      const expiresMs = options.expires * 60_000;
      const wish = { addresses, namespaces: options.namespace, expiresMs };
      const usesMax = options.uses === undefined ? {} : { usesMax: options.uses };
      const token = home.token({ ...wish, ...usesMax }, Date.now());
      say(`Machines that join find this mesh at ${addresses.join(" ") || "no address: use mDNS"}`);
      process.stdout.write(`${token}\n`);
    });
}

function addJoin(program: Command, file: string): void {
  withData(program.command("join"))
    .argument("<token>", "what `beemesh token` printed on another machine; - reads it from stdin")
    .description("make this machine a member of a mesh")
    .option(
      "--up",
      "and run it at once, with the settings of `beemesh up` from environment and file",
    )
    .addHelpText(
      "after",
      `
Examples:
  beemesh join TOKEN --up
  ssh first beemesh token | beemesh join -`,
    )
    .action(async (given: string, options: { data?: string; up?: boolean }) => {
      const home = homeOf(options);
      const token = given === "-" ? await readStdin() : given;
      const mesh = home.join(token, Date.now());
      say(`Joined mesh ${mesh}.${options.up === true ? "" : " Next: beemesh up"}`);
      if (options.up !== true) return;
      becomeDaemon(file, ["--data", home.data]);
      await up({ data: home.data });
    });
}

interface TokenFlags {
  readonly data?: string;
  readonly address: readonly string[];
  readonly meshPort: string;
  readonly namespace: readonly string[];
  readonly expires: number;
  readonly uses?: number;
}

async function addressesFor(home: Home, flags: TokenFlags): Promise<readonly string[]> {
  if (flags.address.length > 0) return flags.address;
  return findAddresses(home.httpSocket, Number(flags.meshPort));
}

/** A token is some hundred characters; more is not one. */
const stdinBytesMax = 64 * 1024;

async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > stdinBytesMax) break;
  }
  return text;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text);
  throw new InvalidArgumentError("It may be a whole number from 1 on.");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

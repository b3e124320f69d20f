/**
 * Every verb of kubectl with every kubectl of this computer against a mesh of three machines.
 * Prints a table of verb and version; its exit code is 0 if nothing failed.
 *
 *     node test/kubectl/main.ts [--json] [--client 1.33] [--verb 'rollout|scale'] [--runtime process]
 */
import { parseArgs } from "node:util";
import { watchInterruption } from "../../apps/dev/src/index.ts";
import type { Client } from "./client.ts";
import { play } from "./play.ts";
import { findClients, Stage } from "./stage.ts";
import { type Cell, drawAbsences, drawFailures, drawTable, reportOf } from "./table.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    client: { type: "string", default: "" },
    runtime: { type: "string", default: "auto" },
    verb: { type: "string", default: "" },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const chosen = values.client.split(",");
const clients = findClients().filter(
  ({ version }) => values.client === "" || chosen.includes(version),
);
process.exitCode = clients.length === 0 ? nothingToDrive() : await main(clients);

function nothingToDrive(): number {
  const report = { ok: true, skipped: ["there is no kubectl"] };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return 0;
}

async function main(driven: readonly Client[]): Promise<number> {
  const start = performance.now();
  const interruption = watchInterruption(() => say("interrupted, removing everything"));
  const { signal } = interruption;
  const runtime = values.runtime === "process" ? "process" : "auto";
  const stage = await Stage.open({ runtime, tell: say, signal });
  const tell = (verb: string, client: Client, cell: Cell): void => {
    if (cell.kind === "fail") say(`✖ ${client.version} ${verb}: ${cell.reason}`);
  };
  try {
    const choice = { clients: driven, verb: new RegExp(values.verb, "u"), signal, tell };
    const rows = await play(stage, choice);
    const versions = driven.map(({ version }) => version);
    const report = reportOf(versions, rows, performance.now() - start);
    const shown = [drawTable(versions, rows), drawAbsences(rows), drawFailures(rows)];
    process.stdout.write(`${shown.filter((text) => text !== "").join("\n\n")}\n\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else process.stdout.write(`${report.passed} passed, ${report.failed} failed\n`);
    return report.ok && !signal.aborted ? 0 : 1;
  } finally {
    for (const leftover of await stage.close()) say(`could not remove: ${leftover}`);
    interruption.release();
  }
}

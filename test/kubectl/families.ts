/** All rows of the table, in families: what a client does in one namespace, one after another. */
import { accessCases } from "./access.ts";
import type { Case } from "./case.ts";
import { applyCases, setCases, writeCases } from "./configure.ts";
import { createCases } from "./create.ts";
import { deleteCases } from "./delete.ts";
import { jobCases } from "./job.ts";
import { nodeCases } from "./node.ts";
import { describeCases, getCases, serverCases } from "./read.ts";
import { rolloutCases } from "./rollout.ts";
import { debugCases, execCases, logCases, runCases } from "./run.ts";
import { serverSideCases } from "./server-side.ts";

/** A family takes some ten seconds, so that many of them keep all processors busy to the end. */
export const families: Readonly<Record<string, readonly Case[]>> = {
  rollout: rolloutCases,
  node: nodeCases,
  debug: debugCases,
  log: logCases,
  exec: execCases,
  run: runCases,
  apply: applyCases,
  side: serverSideCases,
  job: jobCases,
  write: writeCases,
  set: setCases,
  create: createCases,
  get: getCases,
  describe: describeCases,
  server: serverCases,
  access: accessCases,
  delete: deleteCases,
};

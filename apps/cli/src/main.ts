#!/usr/bin/env node
import { becomeDaemon } from "./bundle.ts";
import { silenceExperiments } from "./quiet.ts";

silenceExperiments();
const [, , command, ...rest] = process.argv;
if (command === "up") becomeDaemon(import.meta.filename, rest);

// Loaded only now: what becomes another program need not read this one.
const { failed } = await import("./failure.ts");
const { makeProgram } = await import("./program.ts");
await makeProgram(import.meta.filename)
  .parseAsync(process.argv)
  .catch(failed);

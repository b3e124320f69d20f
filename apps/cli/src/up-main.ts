/** The daemon alone, without what only people at a terminal need: what the bundle is made of. */
import { Command } from "commander";
import { exitByUsage, failed } from "./failure.ts";
import { silenceExperiments } from "./quiet.ts";
import { addUp } from "./up-command.ts";

silenceExperiments();
const program = new Command("beemesh").showHelpAfterError();
exitByUsage(program);
addUp(program);
program.parseAsync(process.argv).catch(failed);

import { version } from "@beemesh/daemon";
import { Command } from "commander";
import { addAttach } from "./attach-command.ts";
import { addBench } from "./bench-command.ts";
import { addConnect } from "./connect-command.ts";
import { addDev } from "./dev-command.ts";
import { exitByUsage } from "./failure.ts";
import { addKubeconfig } from "./kubeconfig-command.ts";
import { addMembership } from "./membership-command.ts";
import { addSim } from "./sim-command.ts";
import { addStatus } from "./status-command.ts";
import { addUp } from "./up-command.ts";

/**
 * The command line of `beemesh`.
 *
 * @param file - The program's own file, which `dev` starts daemons with.
 */
export function makeProgram(file: string): Command {
  const program = new Command("beemesh")
    .description("Runs containers on any set of computers, without a control plane")
    .version(version)
    .showHelpAfterError("(beemesh --help, or --help after a command, tells what there is)")
    .addHelpText("after", examples);
  exitByUsage(program);
  addMembership(program, file);
  addUp(program);
  addKubeconfig(program);
  addStatus(program);
  addConnect(program);
  addAttach(program);
  addDev(program, file);
  addBench(program, file);
  addSim(program);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

const examples = `
Try it on this computer:
  beemesh dev

Run it on yours:
  beemesh init && beemesh up        on the first machine
  beemesh token                     prints a token there
  beemesh join TOKEN --up           on every other machine
  export KUBECONFIG=$(beemesh kubeconfig --write)
  kubectl get nodes -o wide

Exit codes: 0 done, 1 it cannot be done as things are, 2 the command line is wrong,
70 a mistake of our own, 130 interrupted.`;

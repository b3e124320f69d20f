/**
 * Keeps Node's warnings about what it calls experimental from people who did not choose Node: it
 * says so of stripping types, which is how this program runs. Other warnings are shown. Called
 * before anything else.
 */
export function silenceExperiments(): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => {
    if (name !== "ExperimentalWarning") process.stderr.write(`beemesh: ${name}: ${message}\n`);
  });
}

/**
 * Paths to fields below a rule, such as `.spec.replicas` and `['a.b']`.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/
 * custom-resource-definitions/#field-path
 */

/** The steps of a path; undefined if it is none. */
export function fieldPathSteps(path: string): readonly string[] | undefined {
  if (!/^(?:\.[^.[\]'\s]+|\['(?:[^'\\]|\\.)*'\])+$/u.test(path)) return undefined;
  return [...path.matchAll(/\.([^.[\]'\s]+)|\['((?:[^'\\]|\\.)*)'\]/gu)].map(
    ([, plain, quoted]) => plain ?? (quoted ?? "").replaceAll(/\\(.)/gsu, "$1"),
  );
}

/** A path as causes write it; empty if it is none. */
export function fieldPathText(path: string): string {
  const steps = fieldPathSteps(path) ?? [];
  return steps.map((step) => (/^[\w-]+$/u.test(step) ? `.${step}` : `[${step}]`)).join("");
}

/** `$$`, or `$(NAME)` with its name. */
const reference = /\$\$|\$\(([^)]*)\)/gu;

/**
 * Replaces each `$(NAME)` by the variable of that name. What names no variable stays as it is;
 * `$$` stands for one `$`, so that `$$(NAME)` is text.
 *
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(reference, (found: string, name: string | undefined) =>
    name === undefined ? "$" : (variables.get(name) ?? found),
  );
}

/** The text with every variable in it, and the names of those that say nothing. */
export function expandWhole(
  text: string,
  variables: ReadonlyMap<string, string>,
): { readonly text: string; readonly unknown: readonly string[] } {
  const unknown = new Set<string>();
  const expanded = text.replaceAll(reference, (_, name: string | undefined) => {
    if (name === undefined) return "$";
    const value = variables.get(name) ?? "";
    if (value === "") unknown.add(name);
    return value;
  });
  return { text: expanded, unknown: [...unknown].toSorted() };
}

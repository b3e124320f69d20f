/**
 * Replaces each `$(NAME)` by the variable of that name. What names no variable stays as it is;
 * `$$` stands for one `$`, so that `$$(NAME)` is text.
 *
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/gu, (found: string, name: string | undefined) =>
    name === undefined ? "$" : (variables.get(name) ?? found),
  );
}

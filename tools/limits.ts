/**
 * Writes `docs/limits.md`: every limit in the code, with its reason, taken from the comment that
 * stands above it. Run it after changing a limit: `node tools/limits.ts`.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";

/** A named limit as it stands in a source file. */
interface Limit {
  readonly name: string;
  readonly value: string;
  readonly reason: string;
  readonly path: string;
}

const limitPattern =
  /\/\*\*(?<reason>(?:(?!\*\/)[\s\S])*?)\*\/\n(?:export )?const (?<name>[a-z]\w*Max(?:[A-Z]\w*)?) = (?<value>[^;]{1,60});/gu;

/** The text of `docs/limits.md` for the sources as they are. */
export function limitsDocument(): string {
  const paths = globSync("{core,protocols,planes,adapters,apps,sim,bench}/**/src/**/*.ts", {
    exclude: ["**/node_modules/**", "**/*.test.ts"],
  }).toSorted();
  const limits = paths.flatMap((path) => limitsIn(path, readFileSync(path, "utf8")));
  const packages = Map.groupBy(limits, ({ path }) => path.split("/src/")[0] ?? "");
  const sections = [...packages].map(([name, own]) =>
    [
      `## ${name}`,
      "",
      "| limit | value | why |",
      "|---|---|---|",
      ...own.map(({ name: limit, value, reason }) => `| \`${limit}\` | \`${value}\` | ${reason} |`),
    ].join("\n"),
  );
  const intro =
    "Every queue, loop, message, retry and cache has a limit with a name and a reason. This page is made of the code\nby `node tools/limits.ts`; a test fails when it is out of date.";
  return `# Limits\n\n${intro}\n\n${sections.join("\n\n")}\n`;
}

function limitsIn(path: string, text: string): Limit[] {
  return [...text.matchAll(limitPattern)].map(({ groups = {} }) => ({
    path,
    name: groups["name"] ?? "",
    value: groups["value"]?.replaceAll(/\s+/gu, " ") ?? "",
    reason: (groups["reason"] ?? "")
      .replaceAll(/\n\s*\*/gu, " ")
      .replaceAll(/\s+/gu, " ")
      .replaceAll("|", "\\|")
      .trim(),
  }));
}

if (import.meta.main) writeFileSync("docs/limits.md", limitsDocument());

/** What came of each verb with each client, as a table for people and as JSON. */

/** How one verb went with one version of kubectl. */
export type Cell =
  | { readonly kind: "pass"; readonly tookMs: number }
  | { readonly kind: "fail"; readonly tookMs: number; readonly reason: string }
  /** This version does not have it; the reason is its own. */
  | { readonly kind: "absent"; readonly reason: string }
  /** Something on this computer, or of the mesh, is missing for it. */
  | { readonly kind: "skip"; readonly reason: string };

export interface Row {
  readonly verb: string;
  /** Names of Kubernetes' conformance tests that the row plays. */
  readonly conformance?: readonly string[];
  /** By version. */
  readonly cells: ReadonlyMap<string, Cell>;
}

const marks = { pass: "✔", fail: "✖", absent: "–", skip: "?" } as const;

/** The table: a row each verb, a column each version. */
export function drawTable(versions: readonly string[], rows: readonly Row[]): string {
  const width = Math.max(4, ...rows.map(({ verb }) => verb.length));
  const line = (first: string, rest: readonly string[]): string =>
    [first.padEnd(width), ...rest.map((each) => each.padEnd(4))].join("  ").trimEnd();
  const body = rows.map(({ verb, cells }) =>
    line(
      verb,
      versions.map((version) => marks[cells.get(version)?.kind ?? "absent"]),
    ),
  );
  return [line("VERB", versions), ...body].join("\n");
}

/** What failed, a paragraph each. */
export function drawFailures(rows: readonly Row[]): string {
  return rows
    .flatMap(({ verb, cells }) =>
      [...cells].flatMap(([version, cell]) =>
        cell.kind === "fail" ? [`✖ ${version} ${verb}\n${indented(cell.reason)}`] : [],
      ),
    )
    .join("\n\n");
}

/** What versions do not have, in their own words: a line for each row and reason. */
export function drawAbsences(rows: readonly Row[]): string {
  return rows
    .flatMap(({ verb, cells }) => {
      const absences = [...cells]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([version, cell]) =>
          cell.kind === "absent" ? [{ version, reason: cell.reason }] : [],
        );
      return [...Map.groupBy(absences, ({ reason }) => reason)].map(
        ([reason, all]) => `– ${all.map(({ version }) => version).join()} ${verb}: ${reason}`,
      );
    })
    .join("\n");
}

/** What `--json` prints. */
export interface TableReport {
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly tookMs: number;
  readonly versions: readonly string[];
  readonly rows: readonly { readonly verb: string; readonly cells: Record<string, Cell["kind"]> }[];
  /** Kubernetes' conformance tests that were played, and whether with every version. */
  readonly conformance: Record<string, "pass" | "fail">;
  /** What could not be shown, with the reason. */
  readonly skipped: readonly string[];
}

export function reportOf(
  versions: readonly string[],
  rows: readonly Row[],
  tookMs: number,
): TableReport {
  const cells = rows.flatMap((row) => [...row.cells.values()]);
  const count = (kind: Cell["kind"]): number => cells.filter((cell) => cell.kind === kind).length;
  const failed = count("fail");
  return {
    ok: failed === 0 && count("pass") > 0,
    passed: count("pass"),
    failed,
    tookMs: Math.round(tookMs),
    versions,
    rows: rows.map(({ verb, cells: row }) => ({
      verb,
      cells: Object.fromEntries([...row].map(([version, { kind }]) => [version, kind])),
    })),
    conformance: Object.fromEntries(rows.flatMap(conformanceOf)),
    skipped: rows.flatMap(({ verb, cells: row }) => skippedOf(verb, row)),
  };
}

function conformanceOf({ conformance = [], cells }: Row): (readonly [string, "pass" | "fail"])[] {
  const kinds = new Set([...cells.values()].map(({ kind }) => kind));
  const outcome = kinds.has("fail") || !kinds.has("pass") ? "fail" : "pass";
  return conformance.map((name) => [name, outcome]);
}

/** One line a reason, not one a version. */
function skippedOf(verb: string, cells: ReadonlyMap<string, Cell>): string[] {
  const reasons = [...cells.values()].flatMap((cell) => (cell.kind === "skip" ? cell.reason : []));
  return [...new Set(reasons)].map((reason) => `${verb}: ${reason}`);
}

function indented(text: string): string {
  return text.replaceAll(/^/gmu, "    ");
}

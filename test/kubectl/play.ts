/** Plays all cases with all clients on one mesh, some at the same time. */
import { spawnSync } from "node:child_process";
import type { Case, Since } from "./case.ts";
import type { Client } from "./client.ts";
import { families } from "./families.ts";
import { type Place, Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import type { Cell, Row } from "./table.ts";

/** Longest that a case may take, in milliseconds: a hung one must not hang the rest. */
const caseMsMax = 120_000;

/** So many families are played at once: they wait for pods more than they compute. */
const lanesMax = 8;

/** Which part of the table is played. */
export interface Choice {
  readonly clients: readonly Client[];
  /** Verbs that match; all without it. */
  readonly verb: RegExp;
  readonly signal: AbortSignal;
  /** Told of each cell as it comes. */
  readonly tell: (verb: string, client: Client, cell: Cell) => void;
}

/** A family with one client. */
interface Lane {
  readonly client: Client;
  readonly family: string;
  readonly cases: readonly Case[];
  readonly turn: number;
}

export async function play(stage: Stage, choice: Choice): Promise<readonly Row[]> {
  const cells = new Map<Case, Map<string, Cell>>();
  const chosen = Object.entries(families).map(([family, cases]) => {
    return { family, cases: cases.filter(({ verb }) => choice.verb.test(verb)) };
  });
  for (const each of chosen.flatMap(({ cases }) => cases)) cells.set(each, new Map());
  const lanes = chosen
    .filter(({ cases }) => cases.length > 0)
    .flatMap((each) => choice.clients.map((client, turn): Lane => ({ ...each, client, turn })));
  const locks: Locks = new Map();
  const open = [...lanes];
  const work = async (): Promise<void> => {
    for (let lane = open.shift(); lane !== undefined; lane = open.shift()) {
      const { client, family, cases, turn } = lane;
      const place = await stage.place(client, family, turn);
      for (const each of cases) {
        if (choice.signal.aborted) return;
        const lack = await lackOf(each, place, stage);
        const cell = lack ?? (await alone(locks, each.lock, () => playCase(each, place)));
        cells.get(each)?.set(client.version, cell);
        choice.tell(each.verb, client, cell);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanesMax, lanes.length) }, work));
  return [...cells].map(([{ verb, conformance = [] }, row]) => ({ verb, conformance, cells: row }));
}

/** Why a case is not played. */
async function lackOf(each: Case, place: Place, stage: Stage): Promise<Cell | undefined> {
  const { since, group, program, needsContainers } = each;
  if (since !== undefined && place.client.minor < since.minor) return absence(since, place);
  if (needsContainers === true && !stage.hasContainers) {
    return { kind: "skip", reason: "pods are processes here" };
  }
  if (program !== undefined && spawnSync(program, ["--version"]).error !== undefined) {
    return { kind: "skip", reason: `there is no ${program}` };
  }
  if (group === undefined || (await stage.serves(group))) return undefined;
  return { kind: "skip", reason: `the mesh does not serve ${group} yet` };
}

/** What a version that does not have a form says to it: it is not absent because we say so. */
async function absence({ asked, refused }: Since, place: Place): Promise<Cell> {
  const start = performance.now();
  const { code, stdout, stderr } = await new Scene(place).run(asked);
  const text = `${stderr}${stdout}`;
  const reason = refused.exec(text)?.[0];
  if (code !== 0 && reason !== undefined) return { kind: "absent", reason };
  const tookMs = performance.now() - start;
  return { kind: "fail", tookMs, reason: `it is not absent: exit code ${code}: ${text}` };
}

async function playCase(each: Case, place: Place): Promise<Cell> {
  const scene = new Scene(place);
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const message = `it took longer than ${caseMsMax} ms`;
    timer = setTimeout(() => reject(new Error(message)), caseMsMax);
  });
  try {
    await Promise.race([each.play(scene), tooLong]);
    return { kind: "pass", tookMs: performance.now() - start };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "fail", tookMs: performance.now() - start, reason };
  } finally {
    clearTimeout(timer);
    await scene.close();
  }
}

/** The end of what holds a lock now. */
type Locks = Map<string, Promise<unknown>>;

/** Does something when nothing else of the same lock is done. */
function alone<Result>(
  locks: Locks,
  lock: string | undefined,
  doing: () => Promise<Result>,
): Promise<Result> {
  if (lock === undefined) return doing();
  const done = (locks.get(lock) ?? Promise.resolve()).then(doing);
  locks.set(lock, done);
  return done;
}

/** Members that JSON text gives an object twice: a parser keeps the last and says nothing. */

/** Doubled members that are named; a text with more is nonsense as a whole. */
const doubledMax = 100;

/** An object or a list that is open where the reader is. */
interface Level {
  readonly path: string;
  /** Undefined for a list. */
  readonly members: Set<string> | undefined;
  index: number;
  member: string;
}

/** A text in quotes, or a sign that opens, closes or divides. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gsu;

/**
 * The paths of members that stand twice in one object of a valid JSON text, such as
 * `spec.ports[0].name`, in the order in which they stand.
 */
export function doubledMembers(text: string): readonly string[] {
  const doubled = new Set<string>();
  const levels: Level[] = [];
  let last = "";
  for (const [found] of text.matchAll(token)) {
    const level = levels.at(-1);
    if (found === "{" || found === "[") levels.push(opened(found, level));
    else if (found === "}" || found === "]") levels.pop();
    else if (level !== undefined && found === ",") level.index += 1;
    else if (level !== undefined && found === ":") note(level, last, doubled);
    if (doubled.size >= doubledMax) break;
    last = found;
  }
  return [...doubled];
}

function opened(sign: string, level: Level | undefined): Level {
  const members = sign === "{" ? new Set<string>() : undefined;
  return { path: pathIn(level), members, index: 0, member: "" };
}

function note(level: Level, quoted: string, doubled: Set<string>): void {
  level.member = nameOf(quoted);
  if (level.members?.has(level.member) === true) doubled.add(pathIn(level));
  level.members?.add(level.member);
}

function pathIn(level: Level | undefined): string {
  if (level === undefined) return "";
  if (level.members === undefined) return `${level.path}[${level.index}]`;
  return level.path === "" ? level.member : `${level.path}.${level.member}`;
}

function nameOf(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  const name: unknown = JSON.parse(quoted);
  return typeof name === "string" ? name : "";
}

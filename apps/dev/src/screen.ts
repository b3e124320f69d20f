/** Draws a text again and again on the same place. */
export interface Screen {
  draw(text: string): void;
  /** Gives the cursor back. */
  close(): void;
}

const escape = "\u001B[";

/**
 * A screen on a terminal: each line is written over the one before and what is left of that is
 * wiped, so nothing flickers. Lines that do not fit are cut; elsewhere than on a terminal a text
 * is written whole, and only when it has changed.
 *
 * @param out - Where to, such as `process.stdout`.
 */
export function openScreen(out: {
  readonly isTTY?: boolean;
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}): Screen {
  let drawn = 0;
  let last = "";
  if (out.isTTY !== true) {
    const draw = (text: string): void => {
      if (text !== last) out.write(`${text}\n`);
      last = text;
    };
    return { draw, close: () => undefined };
  }
  const draw = (text: string): void => {
    const { rows = 24, columns = 80 } = out;
    const lines = text.split("\n").slice(0, Math.max(1, rows - 1));
    const wiped = lines.map((line) => `${line.slice(0, columns)}${escape}K\n`).join("");
    const back = drawn === 0 ? `${escape}?25l` : `${escape}${drawn}A`;
    out.write(`${back}\r${wiped}${escape}J`);
    drawn = lines.length;
  };
  return { draw, close: () => out.write(`${escape}?25h`) };
}

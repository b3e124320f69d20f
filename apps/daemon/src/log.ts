/** How much an operator must care, from least to most. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What is said beside a constant message. Never secrets, never raw data from the network. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const order: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * A log of one line per event.
 *
 * @param write - Takes a whole line with its newline.
 * @param wallMs - The wall clock.
 */
export function createLog(options: {
  readonly format: "text" | "json";
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly wallMs: () => number;
}): Log {
  const say = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (order[level] < order[options.level]) return;
    const time = new Date(options.wallMs()).toISOString();
    options.write(
      options.format === "json"
        ? `${JSON.stringify({ time, level, message, ...fields })}\n`
        : `${time} ${level.padEnd(5)} ${message}${textOf(fields)}\n`,
    );
  };
  return {
    debug: (message, fields) => say("debug", message, fields),
    info: (message, fields) => say("info", message, fields),
    warn: (message, fields) => say("warn", message, fields),
    error: (message, fields) => say("error", message, fields),
  };
}

function textOf(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}=${/^[\w./:@-]+$/u.test(String(value)) ? value : JSON.stringify(value)}`,
    )
    .join("");
}

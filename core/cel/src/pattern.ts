/**
 * Regular expressions in RE2's dialect, as Go has it: matched in a time that grows with the text
 * alone, whoever wrote them.
 */
import { RE2JS } from "re2js";
import { Fault, type Meter } from "./fault.ts";

/** Longest regular expression, in UTF-16 code units. */
const patternLengthMax = 10_000;

/** Regular expressions kept compiled: rules use the same ones again and again. */
const compiledMax = 200;

const compiledPatterns = new Map<string, RE2JS>();

/** What is wrong with a regular expression, in Go's words; undefined if nothing is. */
export function patternError(pattern: string): string | undefined {
  try {
    compiled(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "error parsing regexp";
  }
}

/** Whether part of a text matches; false for what is no regular expression. */
export function isMatch(text: string, pattern: string): boolean {
  return patternError(pattern) === undefined && compiled(pattern).matcher(text).find();
}

function compiled(pattern: string): RE2JS {
  const known = compiledPatterns.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > patternLengthMax) throw new Fault("error parsing regexp: too long");
  const made = RE2JS.compile(pattern);
  const [oldest] = compiledPatterns.keys();
  if (oldest !== undefined && compiledPatterns.size >= compiledMax) compiledPatterns.delete(oldest);
  compiledPatterns.set(pattern, made);
  return made;
}

function paid(text: string, pattern: string, meter: Meter): RE2JS {
  meter.spend((1 + text.length / 10) * (1 + pattern.length / 4));
  const error = patternError(pattern);
  if (error !== undefined) throw new Fault(error);
  return compiled(pattern);
}

/** Whether part of a text matches. */
export function matches(text: string, pattern: string, meter: Meter): boolean {
  return paid(text, pattern, meter).matcher(text).find();
}

/** The parts of a text that match, the first ones first. */
export function found(
  {
    text,
    pattern,
    most,
  }: { readonly text: string; readonly pattern: string; readonly most: number },
  meter: Meter,
): readonly string[] {
  const matcher = paid(text, pattern, meter).matcher(text);
  const parts: string[] = [];
  while (parts.length < most && matcher.find()) {
    meter.spend(1);
    parts.push(matcher.group() ?? "");
  }
  return parts;
}

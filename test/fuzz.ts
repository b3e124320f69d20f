import { type TestContext, test } from "node:test";
import { type Random, seededRandom } from "../core/base/src/index.ts";

/** Inputs for each parser of what comes from outside. */
export const fuzzInputs = 100_000;

/** What all inputs follow from; `BEEMESH_FUZZ_SEED=… node --test …` repeats a run. */
export const fuzzSeed: number = Number(process.env["BEEMESH_FUZZ_SEED"] ?? 20_261_128);

/** Bytes that mean something to one parser or another. */
const telling = [0, 1, 10, 13, 32, 34, 44, 58, 91, 92, 93, 123, 125, 0x7f, 0x80, 0xc0, 0xff];

/** Changes of one input at most, so that most of it still is what it was. */
const changesMax = 6;

/**
 * Gives a parser its hundred thousand inputs. A failure says the seed and which input it was, and
 * the test which outcomes were reached how often: one that was not is one that was not tried.
 *
 * @param feed - Gives an input to the parser, and says in one word how that ended.
 * @param outcomes - Words that must have been said more than twenty times.
 */
export function fuzz(
  name: string,
  outcomes: readonly string[],
  feed: (random: Random) => string,
): void {
  test(`${name}, for ${fuzzInputs} inputs of seed ${fuzzSeed}`, (t: TestContext) => {
    const random = seededRandom(fuzzSeed);
    const reached = new Map<string, number>();
    for (let input = 0; input < fuzzInputs; input += 1) {
      try {
        const outcome = feed(random);
        reached.set(outcome, (reached.get(outcome) ?? 0) + 1);
      } catch (error) {
        t.diagnostic(`seed ${fuzzSeed}, input ${input}`);
        throw error;
      }
    }
    t.diagnostic(`seed ${fuzzSeed}: ${[...reached].map((each) => each.join(" ")).join(", ")}`);
    for (const outcome of outcomes) {
      t.assert.ok((reached.get(outcome) ?? 0) > 20, `the inputs reach "${outcome}"`);
    }
  });
}

/** One of the sources as it is, or with bytes changed, put in, taken out or said twice, or noise. */
export function mutated(random: Random, sources: readonly Uint8Array[]): Uint8Array {
  if (random.below(20) === 0) {
    return Uint8Array.from({ length: random.below(200) }, () => random.below(256));
  }
  let bytes = sources[random.below(sources.length)] ?? new Uint8Array(0);
  for (let left = random.below(3) * random.below(changesMax / 2); left > 0; left -= 1) {
    bytes = changed(random, bytes);
  }
  return bytes;
}

function changed(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  const until = Math.min(bytes.length, at + random.below(9));
  const byte = random.below(2) === 0 ? random.below(256) : telling[random.below(telling.length)];
  const put = Uint8Array.from([byte ?? 0]);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const change = random.below(4);
  if (change === 0) return joined(before, put, after.subarray(1));
  if (change === 1) return joined(before, put, after);
  if (change === 2) return joined(before, bytes.subarray(until));
  return joined(bytes.subarray(0, until), after);
}

/** Pieces, one after the other. */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

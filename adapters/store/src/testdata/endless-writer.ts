/** Saves for ever and says after each save which one has returned. Run by the crash tests. */
import { writeSync } from "node:fs";
import { entryNamed } from "../../../../test/conformance/disk.ts";
import { openDisk } from "../index.ts";

const [directory = "", first = "0"] = process.argv.slice(2);
const disk = openDisk(directory);
// A bound, so that the process ends by itself if nobody kills it.
const last = Number(first) + 100_000;
for (let number = Number(first); number < last; number += 1) {
  disk.save([entryNamed(`n-${number}`, `body of ${number}`), entryNamed(`twin-${number}`)]);
  writeSync(1, `${number}\n`);
  disk.set("last", String(number));
}

import type { Random } from "@beemesh/base";

/** Letters and digits of generated names: none that form words (k8s.io/apimachinery, rand). */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
/** A generated name fits into a DNS label: 63 characters (k8s.io/apiserver, names). */
const generatedNameLengthMax = 63;

/** A name that starts with `prefix` and ends in five random characters. */
export function generatedName(prefix: string, random: Random): string {
  let suffix = "";
  for (let index = 0; index < suffixLength; index += 1) {
    suffix += suffixAlphabet[random.below(suffixAlphabet.length)];
  }
  return prefix.slice(0, generatedNameLengthMax - suffixLength) + suffix;
}

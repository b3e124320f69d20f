/**
 * The bundles of programs that must be small: made by `tools/bundle.ts`, run while they are of
 * just the sources that are there.
 *
 * @module
 */

export { type BundleName, bundleFolder, freshBundle, hashOfFiles } from "./bundle.ts";

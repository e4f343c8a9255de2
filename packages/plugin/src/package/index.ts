/** Package files of plugins: packed by authors, signed by publishers, checked before anything runs. */

export { MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES } from "./layout.ts";
export {
  type PackageContent,
  packPlugin,
  type PluginPackage,
  readPackage,
  signPackage,
} from "./package.ts";
export {
  createPublisherKeys,
  fingerprintOf,
  isPublisherKey,
  type PublisherKey,
  type PublisherKeyPair,
} from "./publisher-key.ts";

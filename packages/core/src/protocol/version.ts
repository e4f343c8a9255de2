/**
 * The version of the wire protocol and its history. A test takes a fingerprint of all message
 * grammars and fails when they change and this number does not.
 *
 * 1: first version.
 * 2: `refused` tells a writer what the hub above its hub did not take.
 */
export const PROTOCOL_VERSION: number = 2;

/**
 * The version of the wire protocol and its history. A test takes a fingerprint of all message
 * grammars and fails when they change and this number does not.
 *
 * 1: first version.
 */
export const PROTOCOL_VERSION: number = 1;

/**
 * The version of the wire protocol and its history. A test takes a fingerprint of all message
 * grammars and fails when they change and this number does not.
 *
 * 1: first version.
 * 2: `refused` tells a writer what the hub above its hub did not take.
 * 3: `hello` tells the term of the peer's store and which connection it is, so that neither a former leader nor
 *    an old connection ends a session that came after it;
 *    `recover` tells the epoch that the peer knew, so that what builds on it is taken; `delete` and
 *    `undelete`, answered by `done` or `failed`; `compare` and `differs`; `list`, `unlist` and
 *    `listing` tell which documents there are; `opened` tells whether it answers an `open`.
 */
export const PROTOCOL_VERSION: number = 3;

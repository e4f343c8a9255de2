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
 * 4: `event` carries what was published to the whole workspace, `listen` asks for it, `missed` counts what was dropped;
 *    `deleted` tells which subtrees were deleted;
 *    `history` asks for the history of a document, and `history-page` tells it.
 */
export const PROTOCOL_VERSION: number = 4;

/**
 * The oldest version that a hub still takes from a peer, and answers in: that of a device whose program is older than
 * the server's. It is sent nothing that it did not ask for, so it never meets a message that it does not know.
 */
export const OLDEST_PROTOCOL_VERSION: number = 3;

/** The largest things that travel; what is larger is a protocol violation. */

/** Largest frame on a channel, in bytes. Larger messages travel as fragments. */
export const MAX_FRAME_BYTES: number = 64 * 1024;
/** Largest message, put together from fragments. Bounds the size of a snapshot. */
export const MAX_MESSAGE_BYTES: number = 256 * 1024 * 1024;
/** Largest single update, in bytes. */
export const MAX_UPDATE_BYTES: number = 16 * 1024 * 1024;
/** Most updates in one message. */
export const MAX_UPDATES_PER_MESSAGE = 4096;
/** Largest presence state, in bytes of JSON. */
export const MAX_PRESENCE_BYTES = 2048;
/** Largest event, in bytes of JSON: always one frame. */
export const MAX_EVENT_BYTES: number = 16 * 1024;
/** Largest token, in bytes. */
export const MAX_TOKEN_BYTES: number = 16 * 1024;
/** Most bytes of a message to an unauthenticated hub. */
export const MAX_HELLO_BYTES: number = MAX_TOKEN_BYTES + 1024;

/** What the data of a plugin's topics must look like. */

import type { StandardSchema } from "@croft/core";

/** What the data of a plugin's own topics must look like, by topic. */
export type TopicSchemas = Readonly<Record<string, StandardSchema>>;

/** No topic has a schema. */
export type NoTopics = Readonly<Record<never, StandardSchema>>;

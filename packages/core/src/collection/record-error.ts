/** What is wrong with a record: for people in its message, for programs in its issues. */

import { CroftError } from "../errors.ts";

/** One thing that is wrong with a record. */
export interface RecordIssue {
  /** The field, and where in its value: `["due"]`, `["steps", 2, "title"]`. */
  readonly path: readonly PropertyKey[];
  /** What would be right. */
  readonly message: string;
}

/**
 * A write that a collection did not take, whole: nothing of it is in the document. Code
 * `record/invalid`, `record/duplicate` or `record/missing`.
 */
export class RecordError extends CroftError {
  /** The record's id. */
  readonly id: string;
  readonly issues: readonly RecordIssue[];

  constructor(
    code: "record/invalid" | "record/duplicate" | "record/missing",
    message: string,
    {
      path,
      id,
      issues = [],
      hint,
    }: {
      readonly path: string;
      readonly id: string;
      readonly issues?: readonly RecordIssue[];
      readonly hint?: string | undefined;
    },
  ) {
    super(code, message, { path, hint });
    this.id = id;
    this.issues = issues;
  }
}

/** Issues in one sentence. */
export function describeIssues(issues: readonly RecordIssue[]): string {
  return issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`).join("; ");
}

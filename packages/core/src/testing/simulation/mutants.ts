/**
 * Wrong variants of the protocol, each a hole that the rules of sync close: what the simulation must
 * find. They are changes of the source's text, made while it is loaded, so that the product carries
 * no switch for being wrong.
 */

/** One wrong variant. */
export interface Mutant {
  readonly name: string;
  /** The rule of sync that it breaks. */
  readonly rule: number;
  readonly edits: readonly MutantEdit[];
}

/** One change of a file: `find` must be in it exactly once. */
export interface MutantEdit {
  /** Below `packages/core/src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const relayed = `for (const draft of drafts) draft.committed();
    for (const { works } of taken) for (const work of works) work.committed();
    this.#effects.committed(drafts, dirty);`;

/** See the top of this file. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "relay before commit",
    rule: 8,
    edits: [
      {
        file: "hub/group-commit.ts",
        find: "        const { stale, refused } = await store.commit(batch);",
        replace: `${relayed}\n        const { stale, refused } = await store.commit(batch);`,
      },
      {
        file: "hub/group-commit.ts",
        find: `    ${relayed}`,
        replace: `    if (dirty.length === 0) { ${relayed} }`,
      },
    ],
  },
  {
    name: "an acknowledgement overtakes what came before it",
    rule: 10,
    edits: [
      {
        file: "hub/lane-feed.ts",
        find: "      if (!frozen && answer.after > this.#position) return;\n",
        replace: "",
      },
      {
        file: "hub/lane-feed.ts",
        find: "this.#lane.mayRead && this.#position === record.head && record.head > 0;",
        replace: "this.#lane.mayRead && record.head > 0;",
      },
    ],
  },
  {
    name: "what was sent is merged anew",
    rule: 3,
    edits: [
      {
        file: "replica/submissions.ts",
        find: "  down(): void {\n",
        replace: `  down(): void {
    const [first] = this.#pending;
    const last = this.#pending.at(-1);
    if (first && last && first !== last && !this.isDoomed) {
      const update = mergeUpdates(this.#pending.map((each) => each.update));
      this.#pending = [{ ...last, n: first.n, before: first.before, update }];
    }
`,
      },
    ],
  },
  {
    name: "a merged submission keeps its first tag",
    rule: 3,
    edits: [
      {
        file: "replica/submissions.ts",
        find: "  down(): void {\n",
        replace: `  down(): void {
    const [first] = this.#pending;
    const last = this.#pending.at(-1);
    if (first && last && first !== last && !this.isDoomed) {
      const update = mergeUpdates(this.#pending.map((each) => each.update));
      this.#pending = [{ ...first, made: last.made, update }];
    }
`,
      },
    ],
  },
  {
    name: "numbers alone tell duplicates, and copies are not fenced",
    rule: 2,
    edits: [
      {
        file: "hub/judge-submission.ts",
        find: "submission.n === last.n && submission.tag === last.tag",
        replace: "submission.n <= last.n",
      },
      {
        file: "link/take-opened.ts",
        find: "  if (acked.n === n && acked.tag === tag) return true;",
        replace: "  if (acked.n >= 0) return true;",
      },
      {
        file: "hub/hub-sessions.ts",
        find: "      other.dispose(CloseCode.replaced, REPLACED);",
        replace: "      other.fenced = false;",
      },
    ],
  },
  {
    name: "an evicted store takes the same writer again, by numbers alone",
    rule: 1,
    edits: [
      {
        file: "device/running-device.ts",
        find: "[WRITER_META, createWriterId(options.random)]",
        replace:
          '[WRITER_META, options.user.split("").map((c) => c.charCodeAt(0).toString(16)).join("").padEnd(32, "0").slice(0, 32)]',
      },
      {
        file: "hub/judge-submission.ts",
        find: "submission.n === last.n && submission.tag === last.tag",
        replace: "submission.n <= last.n",
      },
      {
        file: "link/take-opened.ts",
        find: "  if (acked.n === n && acked.tag === tag) return true;",
        replace: "  if (acked.n >= 0) return true;",
      },
    ],
  },
  {
    name: "no numbers",
    rule: 1,
    edits: [
      {
        file: "hub/judge-submission.ts",
        find: 'if (submission.n === last.n && submission.tag === last.tag) return { verdict: "duplicate" };',
        replace: "",
      },
      {
        file: "hub/judge-submission.ts",
        find: "if (submission.n !== last.n + 1) {",
        replace: "if (submission.n < 0) {",
      },
    ],
  },
  {
    name: "the last number is not stored with the entry",
    rule: 2,
    edits: [
      {
        file: "hub/lane-submissions.ts",
        find: "    draft.setLast(writer, { n, tag });\n",
        replace:
          "    draft.setLast(writer, { n, tag });\n    (draft as unknown as { unsaved: boolean }).unsaved = true;\n",
      },
      {
        file: "hub/draft.ts",
        find: "      writers: [...this.#writers].map(([writer, last]) => ({ writer, ...last })),",
        replace: "      writers: [],",
      },
    ],
  },
  {
    name: "pending goes before the entry is stored",
    rule: 4,
    edits: [
      {
        file: "link/take-opened.ts",
        find: "  if (draft.record.upstream?.regained) draft",
        replace: `  const { n } = opened.last;
  draft.removeEntries(draft.pending.filter((each) => (each.pending?.n ?? 0) <= n));
  if (draft.record.upstream?.regained) draft`,
      },
    ],
  },
  {
    name: "a denial overtakes the commit of what came before it",
    rule: 10,
    edits: [
      {
        file: "hub/lane-submissions.ts",
        find: 'this.#refuseIn(draft, { type: "denied", n, code, reason });',
        replace: 'this.#deaf = true; this.#lane.send({ type: "denied", n, code, reason });',
      },
    ],
  },
  {
    name: "after a denial the next submissions are judged on their own",
    rule: 20,
    edits: [
      {
        file: "hub/judge-submission.ts",
        find: "if (submission.n !== last.n + 1) {",
        replace: "if (submission.n < last.n + 1) {",
      },
      {
        file: "hub/lane-submissions.ts",
        find: "    this.#deaf = true;\n    draft.refuses = true;\n    draft.onAbort(() => {",
        replace: "    draft.onAbort(() => {",
      },
    ],
  },
  {
    name: "an old session of a writer is not fenced",
    rule: 20,
    edits: [
      {
        file: "hub/hub-sessions.ts",
        find: "      other.fenced = true;\n      other.dispose(CloseCode.replaced, REPLACED);",
        replace: "",
      },
    ],
  },
  {
    name: "sent before it is committed here",
    rule: 3,
    edits: [
      {
        file: "hub/group-commit.ts",
        find: "        const { stale, refused } = await store.commit(batch);",
        replace: `        const { uplink } = this.#hub;
        for (const draft of dirty) {
          if (!uplink) break;
          draft.document.pending = draft.pending;
          uplink.wake(draft.document);
        }
        const { stale, refused } = await store.commit(batch);`,
      },
    ],
  },
  {
    name: "an acknowledgement stands for entries that another session made",
    rule: 10,
    edits: [
      {
        file: "hub/lane-feed.ts",
        find: "    const isOwn = writer === this.#lane.writer && n > this.#lastAtOpening;",
        replace: "    const isOwn = writer === this.#lane.writer && n > 0;",
      },
      {
        file: "hub/hub-lane.ts",
        find: `    this.#hub.enqueue(this.document, {
      run: () => undefined,
      committed: () => this.#join(cursor, asked),
      failed: () => this.#join(cursor, asked),
    });`,
        replace: "    this.#join(cursor, asked);",
      },
    ],
  },
  {
    name: "what is committed while the log is read is skipped",
    rule: 10,
    edits: [
      {
        file: "hub/lane-feed.ts",
        find: "    else this.#position = Math.max(this.#position, head);",
        replace: "    else this.#position = Math.max(this.#position, document.record.head, head);",
      },
    ],
  },
  {
    name: "a new epoch forgets the writers' numbers",
    rule: 6,
    edits: [
      {
        file: "store/memory-store.ts",
        find: "      document.claims.clear();\n",
        replace: "      document.claims.clear();\n      document.writers.clear();\n",
      },
      {
        file: "hub/draft.ts",
        find: "    if (this.#clear) document.claims.clear();",
        replace: "    if (this.#clear) { document.claims.clear(); document.writers.clear(); }",
      },
    ],
  },
  {
    name: "a cursor is a number without a tag",
    rule: 5,
    edits: [
      {
        file: "hub/hub-core.ts",
        find: "      if (tag === cursor.tag) return",
        replace: "      if (tag !== undefined) return",
      },
    ],
  },
  {
    name: "an entry's tag is its submission's",
    rule: 5,
    edits: [
      {
        file: "hub/lane-submissions.ts",
        find: "draft.append({ update: update.slice(), writer, n, author, pending });",
        replace:
          "draft.append({ update: update.slice(), writer, n, author, pending, tag } as never);",
      },
      {
        file: "hub/draft.ts",
        find: "      seq: this.record.head + 1,\n      tag: createTag(this.#random),",
        replace:
          "      seq: this.record.head + 1,\n      tag: (entry as { tag?: Tag }).tag ?? createTag(this.#random),",
      },
    ],
  },
  {
    name: "known structs are refused by their clock",
    rule: 7,
    edits: [
      {
        file: "hub/judge-submission.ts",
        find: 'if (same === "different") return denied("fork"',
        replace: 'if (same !== undefined) return denied("fork"',
      },
    ],
  },
  {
    name: "known structs are taken without a look",
    rule: 7,
    edits: [
      {
        file: "hub/judge-submission.ts",
        find: 'if (same === "different") return denied("fork", "other edits are known under the same ids");',
        replace: "void same;",
      },
      {
        file: "hub/judge-submission.ts",
        find: "      return owner === NOBODY ? undefined : owner;",
        replace: "      return owner === NOBODY ? undefined : undefined;",
      },
    ],
  },
  {
    name: "access is judged when a submission arrives",
    rule: 14,
    edits: [
      {
        file: "hub/lane-submissions.ts",
        find: "    const { backlog } = this.#session;",
        replace:
          "    const { backlog } = this.#session;\n    const early = this.#hub.accessOf(this.#session.principal, this.#document);",
      },
      {
        file: "hub/lane-submissions.ts",
        find: "run: (draft) => this.#judge(draft, submission, message.plugin),",
        replace:
          "run: (draft) => this.#judge(draft, { ...submission, early } as never, message.plugin),",
      },
      {
        file: "hub/lane-submissions.ts",
        find: "    const access = this.#hub.accessOf(principal, this.#document);\n    this.#hub.uplink?.prepare(draft);",
        replace:
          "    const access = (submission as unknown as { early: never }).early;\n    this.#hub.uplink?.prepare(draft);",
      },
    ],
  },
  {
    name: "a change of access reaches open documents late",
    rule: 14,
    edits: [
      {
        file: "hub/hub-core.ts",
        find: "options.gate.onChange(() => this.#recheckAll());",
        replace:
          "options.gate.onChange(() => void this.clock.delay(50, () => this.#recheckAll()));",
      },
    ],
  },
  {
    name: "two may write one store",
    rule: 9,
    edits: [
      {
        file: "store/memory-store.ts",
        find: "if (batch.term !== disk.term) {",
        replace: "if (batch.term > disk.term) {",
      },
    ],
  },
  {
    name: "a full disk is a denial",
    rule: 12,
    edits: [
      {
        file: "hub/lane-submissions.ts",
        find: 'this.#refuse({ type: "later", n, code, reason, wait });',
        replace:
          'this.#refuse({ type: "denied", n, code: "invalid", reason, code_: code, wait } as never);',
      },
    ],
  },
  {
    name: "a failed commit leaves its traces in memory",
    rule: 16,
    edits: [
      {
        file: "hub/group-commit.ts",
        find: "    for (const { document } of taken) await this.#reload(document);\n",
        replace: "",
      },
    ],
  },
  {
    name: "a deleted subtree takes only the documents that the server knows",
    rule: 17,
    edits: [
      {
        file: "hub/deletion.ts",
        find: "const isWhole = subtree && mayAll();",
        replace: "const isWhole = subtree && !!principal && mayAll();",
      },
    ],
  },
  {
    name: "a device does not name the deletion of a subtree that it knows of",
    rule: 17,
    edits: [
      {
        file: "hub/hub-document.ts",
        find: "    if (!beginsAfter(this, beginning)) return;\n",
        replace: "    if (beginning.at >= 0) return;\n",
      },
    ],
  },
  {
    name: "a deletion is not known by those who were away",
    rule: 17,
    edits: [
      {
        file: "hub/judge-submission.ts",
        find: '    return denied("deleted", "the document was deleted");',
        replace: "    return undefined;",
      },
      {
        file: "link/take-opened.ts",
        find: 'known || opened.answer === "behind") return;',
        replace: "known || !known) return;",
      },
    ],
  },
  {
    name: "a denial leaves its dependants",
    rule: 19,
    edits: [
      {
        file: "link/pending.ts",
        find: "quarantine(draft, [denied, ...depending.flatMap((index) => later[index] ?? [])], code, reason);",
        replace: "void depending; quarantine(draft, [denied], code, reason);",
      },
    ],
  },
  {
    name: "a denial starts no new local epoch",
    rule: 21,
    edits: [
      {
        file: "link/pending.ts",
        find: "  append(draft, draft.pending, left);\n  draft.newEpoch([]);",
        replace: "  append(draft, draft.pending, left);",
      },
    ],
  },
  {
    name: "outcomes are not told to who lost access",
    rule: 22,
    edits: [
      {
        file: "hub/hub-lane.ts",
        find: '    if (n > 0) this.send({ type: "ack", n, at: undefined });',
        replace: "    void n;",
      },
      {
        file: "hub/lane-feed.ts",
        find: "    if (n > 0) this.#answers.push",
        replace: "    if (n > 0 && this.#lane.mayRead) this.#answers.push",
      },
      {
        file: "hub/lane-feed.ts",
        find: "    const frozen = !this.#lane.mayRead;\n",
        replace: "    const frozen = !this.#lane.mayRead;\n    if (frozen) return;\n",
      },
    ],
  },
  {
    name: "a copy of a store is not told from the store",
    rule: 2,
    edits: [
      {
        file: "link/link.ts",
        find: 'if (state.name === "refused" && state.code === CloseCode.replaced) this.fork();',
        replace:
          'if (state.name === "refused" && state.code === CloseCode.replaced) this.#cancelRetry = this.hub.clock.delay(FORK_RETRY, () => this.session.retry());',
      },
    ],
  },
  {
    name: "a former leader ends its successor's session",
    rule: 9,
    edits: [
      {
        file: "hub/hub-sessions.ts",
        find: '    if (other.term > session.term) return "replaced";\n',
        replace: "",
      },
      {
        file: "link/link.ts",
        find: "    this.#fenced = true;\n",
        replace: "",
      },
    ],
  },
  {
    name: "a restored hub takes nothing back",
    rule: 6,
    edits: [
      {
        file: "hub/hub-core.ts",
        find: '    return this.uplink ? "superseded" : "behind";',
        replace: '    return "superseded";',
      },
    ],
  },
  {
    name: "several edits in one submission are one",
    rule: 22,
    edits: [
      {
        file: "replica/submissions.ts",
        find: "    return waiting ? waiting.before : this.atHub;",
        replace: "    return waiting ? this.atHub - 1 : this.atHub;",
      },
    ],
  },
  {
    name: "refusals of the hub above are forgotten with the process",
    rule: 22,
    edits: [
      {
        file: "hub/hub-document.ts",
        find: "document.refuse(writer, { n, code: code as RefusalCode, reason });",
        replace: "void writer; void n; void code; void reason;",
      },
    ],
  },
  {
    name: "a mark of a run that a restore has undone holds",
    rule: 5,
    edits: [
      {
        file: "hub/timeline.ts",
        find: "    return end !== undefined && seen <= end;",
        replace: "    void end; return true;",
      },
    ],
  },
  {
    name: "a mark tells of nothing that it is behind",
    rule: 5,
    edits: [
      {
        file: "hub/hub-listing.ts",
        find: "      this.#seen = Math.max(this.#seen, record.position);\n",
        replace: "      this.#seen = this.#at;\n",
      },
    ],
  },
  {
    name: "what was acknowledged and not listed is not asked for after a restore",
    rule: 6,
    edits: [
      {
        file: "link/following.ts",
        find: "cursor.epoch !== above.epoch || cursor.seq > above.head",
        replace: "cursor.epoch !== above.epoch",
      },
    ],
  },
  {
    name: "what is not listed any more is not asked for",
    rule: 17,
    edits: [
      {
        file: "link/following.ts",
        find: 'return cursor && !isKnown ? "ask" : undefined;',
        replace: "void isKnown; return undefined;",
      },
    ],
  },
  {
    name: "what could not be read is not asked for under new rights",
    rule: 17,
    edits: [
      {
        file: "link/following.ts",
        find: "if (anew && isHidden)",
        replace: "if (anew && isHidden && path === undefined)",
      },
    ],
  },
  {
    name: "rights are no part of a mark",
    rule: 14,
    edits: [
      {
        file: "hub/hub-listing.ts",
        find: "if (uplink || neighbours || !gate.rights || rights !== textHash(this.#rights)) return false;",
        replace: "void rights; if (uplink || neighbours || !gate.rights) return false;",
      },
    ],
  },
  {
    name: "a listing goes on under the rights of its start",
    rule: 14,
    edits: [
      {
        file: "hub/hub-listing.ts",
        find: "      hub.gate.onChange(() => this.recheck()),",
        replace: "      () => undefined,",
      },
    ],
  },
  {
    name: "a mark overtakes changes that were not told",
    rule: 10,
    edits: [
      {
        file: "hub/hub-listing.ts",
        find: "if (record.position <= until) this.#at",
        replace: "void until; this.#at",
      },
    ],
  },
  {
    name: "a listing that was not stored moves the mark",
    rule: 4,
    edits: [
      {
        file: "link/following.ts",
        find: "    this.#isVoid = true;",
        replace: "",
      },
    ],
  },
  {
    name: "a hub does not compare what is open with the store",
    rule: 15,
    edits: [
      {
        file: "hub/neighbours.ts",
        find: "      this.#run(this.#compare().finally(() => this.#compareLater()));",
        replace: "      this.#compareLater();",
      },
    ],
  },
  {
    name: "a commit depends on no version of the facts",
    rule: 14,
    edits: [
      {
        file: "hub/neighbours.ts",
        find: "      facts: this.#facts,\n",
        replace: "      facts: this.#shared.facts,\n",
      },
      {
        file: "hub/group-commit.ts",
        find: "      if (!this.#hub.isUpToDate) await this.#hub.upToDate();\n",
        replace: "",
      },
    ],
  },
  {
    name: "what was read is relayed under former facts",
    rule: 14,
    edits: [
      {
        file: "hub/neighbours.ts",
        find: "    return this.#facts === this.#shared.facts;",
        replace: "    return true;",
      },
    ],
  },
  {
    name: "a commit does not name the sessions of its writers",
    rule: 20,
    edits: [
      {
        file: "hub/neighbours.ts",
        find: "      sessions: [...sessions].map(([writer, session]) => ({ writer, session })),",
        replace:
          "      sessions: [...sessions].slice(0, 0).map(([writer, session]) => ({ writer, session })),",
      },
    ],
  },
  {
    name: "a join does not read on",
    rule: 13,
    edits: [
      {
        file: "hub/hub-lane.ts",
        find: "    if (this.#hub.neighbours) await this.#hub.readOn(document);\n",
        replace: "",
      },
    ],
  },
  {
    name: "a change names no revision",
    rule: 13,
    edits: [
      {
        file: "testing/shared-memory-store.ts",
        find: "    return super.holds(change) && isSame;",
        replace: "    return super.holds(change) && (isSame || true);",
      },
    ],
  },
  {
    name: "the deletion of a subtree in which a process died is not gone on with",
    rule: 17,
    edits: [
      {
        file: "hub/hub.ts",
        find: "  if (!options.onDevice && subtrees.unfinished.length > 0) await finishDeletions(core);\n",
        replace: "",
      },
      {
        file: "hub/deleted-subtrees.ts",
        find: "    if (this.#cancelFinish || this.unfinished.length === 0) return;\n",
        replace: "    if (this.unfinished.length >= 0) return;\n",
      },
    ],
  },
];

/** Makes the changes of a mutant in one file's text. */
export function mutate(mutant: Mutant, file: string, text: string): string {
  let changed = text;
  for (const { file: name, find, replace } of mutant.edits) {
    if (name !== file) continue;
    const pieces = changed.split(find);
    if (pieces.length !== 2) {
      throw new Error(`“${mutant.name}”: ${file} has ${pieces.length - 1} times: ${find}`);
    }
    changed = pieces.join(replace);
  }
  return changed;
}

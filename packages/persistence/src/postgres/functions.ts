/**
 * The functions of the database. All of a batch happens in one call of `commit_batch`: what it depends on is locked and compared, and
 * then everything is written, or nothing. Rows of documents are locked in the order of the batch, which is that of their paths.
 *
 * Two things must not move while a batch is written, and are not worth a row lock each time: the facts of the workspace, and the
 * sessions of its writers. Every batch holds an advisory lock on these, shared, to its end; whoever changes them takes it alone, and
 * so waits for all batches that were judged under the former ones. Sessions have a few locks in common, by a hash of the writer.
 */

const BUCKETS = 64;

/** `commit_batch(workspace, batch, blob)`; `s` is the quoted schema. What came of it is JSON. */
export function commitFunction(s: string): string {
  return `
  CREATE OR REPLACE FUNCTION commit_batch(ws integer, batch json, blob bytea) RETURNS json
  LANGUAGE plpgsql SET search_path = ${s} AS $function$
  DECLARE
    shared json := batch->'shared';
    term_now bigint;
    facts_now bigint;
    bucket integer;
    others json;
    change json;
    expected json;
    r json;
    known record;
    doc_id bigint;
    revision_now bigint;
    quarantined json;
    record_id bigint;
    stale text[] := '{}';
  BEGIN
    IF shared IS NOT NULL THEN
      IF (shared->>'changesFacts')::boolean THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('${s} facts ' || ws, 0));
      ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('${s} facts ' || ws, 0));
      END IF;
    END IF;
    SELECT term, facts INTO term_now, facts_now FROM workspaces WHERE id = ws;
    IF term_now IS DISTINCT FROM (batch->>'term')::bigint THEN
      RETURN json_build_object('fenced', true, 'facts', facts_now);
    END IF;
    IF shared IS NOT NULL THEN
      IF facts_now <> (shared->>'facts')::bigint THEN
        RETURN json_build_object('refused', 'facts', 'facts', facts_now);
      END IF;
      FOR bucket IN
        SELECT DISTINCT hashtext(each->>'writer') & ${BUCKETS - 1} AS b
        FROM json_array_elements(shared->'sessions') AS each ORDER BY b
      LOOP
        PERFORM pg_advisory_xact_lock_shared(
          hashtextextended('${s} sessions ' || ws || ' ' || bucket, 0));
      END LOOP;
      SELECT json_agg(each.writer) INTO others
      FROM json_to_recordset(shared->'sessions') AS each(writer text, session bigint)
      LEFT JOIN sessions ON sessions.workspace = ws AND sessions.writer = each.writer
      WHERE sessions.session IS DISTINCT FROM each.session;
      IF others IS NOT NULL THEN
        RETURN json_build_object('refused', 'sessions', 'writers', others, 'facts', facts_now);
      END IF;
    END IF;

    IF batch->'bind' IS NOT NULL THEN
      INSERT INTO bindings (workspace, writer, principal)
      SELECT ws, each.writer, each.principal
      FROM json_to_recordset(batch->'bind') AS each(writer text, principal text)
      ORDER BY each.writer
      ON CONFLICT DO NOTHING;
      IF shared IS NOT NULL THEN
        SELECT json_agg(each.writer) INTO others
        FROM json_to_recordset(batch->'bind') AS each(writer text, principal text)
        JOIN bindings ON bindings.workspace = ws AND bindings.writer = each.writer
        WHERE bindings.principal <> each.principal;
        IF others IS NOT NULL THEN
          RETURN json_build_object('refused', 'sessions', 'writers', others, 'facts', facts_now);
        END IF;
      END IF;
    END IF;

    FOR change IN SELECT value FROM json_array_elements(batch->'documents') LOOP
      r := change->'record';
      expected := change->'expect';
      doc_id := NULL;
      SELECT id, epoch, head, revision INTO known FROM documents
      WHERE workspace = ws AND path = r->>'path' FOR UPDATE;
      IF NOT FOUND THEN
        IF expected IS NULL THEN
          INSERT INTO documents (
            workspace, path, epoch, head, head_tag, base, base_tag, former_epochs, deleted_epochs, tombstone,
            log_bytes, snapshot_bytes, position, changed_at, upstream, revision)
          VALUES (
            ws, r->>'path', r->>'epoch', (r->>'head')::bigint, r->>'headTag', (r->>'base')::bigint,
            r->>'baseTag', r->>'formerEpochs', r->>'deletedEpochs', r->>'tombstone',
            (r->>'logBytes')::bigint, (r->>'snapshotBytes')::bigint, (r->>'position')::bigint,
            (r->>'changedAt')::double precision, r->>'upstream', 1)
          ON CONFLICT DO NOTHING RETURNING id INTO doc_id;
          revision_now := 1;
        END IF;
      ELSIF expected IS NOT NULL AND known.epoch = expected->>'epoch'
        AND known.head = (expected->>'head')::bigint
        AND (expected->'revision' IS NULL OR known.revision = (expected->>'revision')::bigint)
      THEN
        doc_id := known.id;
        revision_now := known.revision + 1;
        UPDATE documents SET
          epoch = r->>'epoch', head = (r->>'head')::bigint, head_tag = r->>'headTag',
          base = (r->>'base')::bigint, base_tag = r->>'baseTag', former_epochs = r->>'formerEpochs',
          deleted_epochs = r->>'deletedEpochs', tombstone = r->>'tombstone',
          log_bytes = (r->>'logBytes')::bigint, snapshot_bytes = (r->>'snapshotBytes')::bigint,
          position = (r->>'position')::bigint, changed_at = (r->>'changedAt')::double precision,
          upstream = r->>'upstream', revision = revision_now
        WHERE id = doc_id;
      END IF;
      IF doc_id IS NULL THEN
        stale := stale || (r->>'path');
        CONTINUE;
      END IF;

      IF (change->>'clear')::boolean THEN
        DELETE FROM entries WHERE doc = doc_id;
        DELETE FROM tags WHERE doc = doc_id;
        DELETE FROM snapshots WHERE doc = doc_id;
        DELETE FROM claims WHERE doc = doc_id;
        DELETE FROM history WHERE doc = doc_id;
      END IF;
      IF change->'remove' IS NOT NULL THEN
        DELETE FROM entries WHERE doc = doc_id
          AND seq IN (SELECT value::bigint FROM json_array_elements_text(change->'remove'));
      END IF;
      IF change->'settle' IS NOT NULL THEN
        UPDATE entries SET
          pending_n = NULL, pending_tag = NULL, pending_basis = NULL, pending_plugin = NULL
        WHERE doc = doc_id
          AND seq IN (SELECT value::bigint FROM json_array_elements_text(change->'settle'));
      END IF;
      IF change->'append' IS NOT NULL THEN
        INSERT INTO entries (
          doc, seq, tag, writer, n, author, at, pending_n, pending_tag, pending_basis, pending_plugin, bytes)
        SELECT doc_id, e.seq, e.tag, e.writer, e.n, e.author, e.at, e.pn, e.pt, e.pb, e.pp,
          substring(blob FROM e.o + 1 FOR e.l)
        FROM json_to_recordset(change->'append') AS e(
          seq bigint, tag text, writer text, n bigint, author text, at double precision,
          pn bigint, pt text, pb text, pp text, o integer, l integer)
        ON CONFLICT (doc, seq) DO UPDATE SET
          tag = excluded.tag, writer = excluded.writer, n = excluded.n, author = excluded.author,
          at = excluded.at, pending_n = excluded.pending_n, pending_tag = excluded.pending_tag,
          pending_basis = excluded.pending_basis, pending_plugin = excluded.pending_plugin,
          bytes = excluded.bytes;
      END IF;
      IF change->'snapshot' IS NOT NULL THEN
        r := change->'snapshot';
        INSERT INTO snapshots (doc, seq, tag, format, bytes)
        VALUES (doc_id, (r->>'seq')::bigint, r->>'tag', r->>'format',
          substring(blob FROM (r->>'o')::integer + 1 FOR (r->>'l')::integer))
        ON CONFLICT (doc) DO UPDATE SET
          seq = excluded.seq, tag = excluded.tag, format = excluded.format, bytes = excluded.bytes;
        INSERT INTO tags (doc, seq, tag)
        SELECT doc, seq, tag FROM entries
        WHERE doc = doc_id AND seq <= (r->>'seq')::bigint AND pending_n IS NULL
        ON CONFLICT (doc, seq) DO UPDATE SET tag = excluded.tag;
        DELETE FROM entries
        WHERE doc = doc_id AND seq <= (r->>'seq')::bigint AND pending_n IS NULL;
      END IF;
      IF change->'forget' IS NOT NULL THEN
        DELETE FROM history WHERE doc = doc_id AND seq <= (change->>'forget')::bigint;
      END IF;
      IF change->'history' IS NOT NULL THEN
        r := change->'history';
        INSERT INTO history (doc, seq, at, bytes)
        VALUES (doc_id, (r->>'seq')::bigint, (r->>'at')::double precision,
          substring(blob FROM (r->>'o')::integer + 1 FOR (r->>'l')::integer))
        ON CONFLICT (doc, seq) DO UPDATE SET at = excluded.at, bytes = excluded.bytes;
      END IF;
      IF change->'unclaim' IS NOT NULL THEN
        DELETE FROM claims WHERE doc = doc_id
          AND client IN (SELECT value::bigint FROM json_array_elements_text(change->'unclaim'));
      END IF;
      IF change->'claims' IS NOT NULL THEN
        INSERT INTO claims (doc, client, writer, clock, revision)
        SELECT doc_id, c.client, c.writer, c.clock, revision_now
        FROM json_to_recordset(change->'claims') AS c(client bigint, writer text, clock bigint)
        ON CONFLICT (doc, client) DO UPDATE SET
          writer = excluded.writer, clock = excluded.clock, revision = excluded.revision;
      END IF;
      IF change->'writers' IS NOT NULL THEN
        INSERT INTO writers (doc, writer, n, tag, revision)
        SELECT doc_id, w.writer, w.n, w.tag, revision_now
        FROM json_to_recordset(change->'writers') AS w(writer text, n bigint, tag text)
        ON CONFLICT (doc, writer) DO UPDATE SET
          n = excluded.n, tag = excluded.tag, revision = excluded.revision;
      END IF;
    END LOOP;

    FOR quarantined IN SELECT value FROM json_array_elements(batch->'quarantine') LOOP
      INSERT INTO quarantine (workspace, id, path, author, code, reason, at, basis, submissions)
      VALUES (ws, quarantined->>'id', quarantined->>'path', quarantined->>'author',
        quarantined->>'code', quarantined->>'reason', (quarantined->>'at')::double precision,
        quarantined->>'basis', quarantined->>'submissions')
      ON CONFLICT (workspace, id) DO UPDATE SET
        path = excluded.path, author = excluded.author, code = excluded.code,
        reason = excluded.reason, at = excluded.at, basis = excluded.basis,
        submissions = excluded.submissions
      RETURNING position INTO record_id;
      DELETE FROM quarantined_updates WHERE record = record_id;
      INSERT INTO quarantined_updates (record, position, bytes)
      SELECT record_id, u.i, substring(blob FROM u.o + 1 FOR u.l)
      FROM json_to_recordset(quarantined->'updates') AS u(i integer, o integer, l integer);
    END LOOP;
    IF batch->'release' IS NOT NULL THEN
      DELETE FROM quarantine WHERE workspace = ws
        AND id IN (SELECT value FROM json_array_elements_text(batch->'release'));
    END IF;
    IF batch->'unlist' IS NOT NULL THEN
      DELETE FROM listing WHERE workspace = ws
        AND path IN (SELECT value FROM json_array_elements_text(batch->'unlist'));
    END IF;
    IF batch->'list' IS NOT NULL THEN
      INSERT INTO listing (workspace, path, epoch, head, tag, bytes, changed_at)
      SELECT ws, l.path, l.epoch, l.head, l.tag, l.bytes, l.at
      FROM json_to_recordset(batch->'list') AS l(
        path text, epoch text, head bigint, tag text, bytes bigint, at double precision)
      ON CONFLICT (workspace, path) DO UPDATE SET
        epoch = excluded.epoch, head = excluded.head, tag = excluded.tag, bytes = excluded.bytes,
        changed_at = excluded.changed_at;
    END IF;
    FOR r IN SELECT value FROM json_array_elements(batch->'meta') LOOP
      IF r->>'value' IS NULL THEN
        DELETE FROM meta WHERE workspace = ws AND name = r->>'name';
      ELSE
        INSERT INTO meta (workspace, name, value) VALUES (ws, r->>'name', r->>'value')
        ON CONFLICT (workspace, name) DO UPDATE SET value = excluded.value;
      END IF;
    END LOOP;
    IF (shared->>'changesFacts')::boolean THEN
      UPDATE workspaces SET facts = facts + 1 WHERE id = ws RETURNING facts INTO facts_now;
    END IF;
    RETURN json_build_object('stale', to_json(stale), 'facts', facts_now);
  END
  $function$;`;
}

/** `begin_session(workspace, writer, term, attempt)`: JSON with the number of the session, or why there is none. */
export function sessionFunction(s: string): string {
  return `
  CREATE OR REPLACE FUNCTION begin_session(ws integer, w text, t bigint, a bigint) RETURNS json
  LANGUAGE plpgsql SET search_path = ${s} AS $function$
  DECLARE
    last record;
    begun bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock(
      hashtextextended('${s} sessions ' || ws || ' ' || (hashtext(w) & ${BUCKETS - 1}), 0));
    SELECT term, attempt INTO last FROM sessions WHERE workspace = ws AND writer = w;
    IF FOUND AND last.term > t THEN
      RETURN json_build_object('why', 'replaced');
    END IF;
    IF FOUND AND last.term = t AND last.attempt > a THEN
      RETURN json_build_object('why', 'overtaken');
    END IF;
    INSERT INTO sessions (workspace, writer, session, term, attempt) VALUES (ws, w, 1, t, a)
    ON CONFLICT (workspace, writer) DO UPDATE SET
      session = sessions.session + 1, term = excluded.term, attempt = excluded.attempt
    RETURNING session INTO begun;
    RETURN json_build_object(
      'session', begun, 'facts', (SELECT facts FROM workspaces WHERE id = ws));
  END
  $function$;`;
}

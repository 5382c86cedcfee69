-- The state of a run, and the design document of the whole path: each stop of a job is a row here before the next begins.
-- Money is in integers of 10⁻⁹ USD; times are Unix seconds; JSON is UTF-8 bytes.

-- Facts about this file, a handful of rows.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,           -- salt: fingerprints accounts; shown: the last result certainly in results_dir; results_dir;
                                    -- named: the last job that is in `named`;
                                    -- uploads: providers that may hold some of ours; last_run, taken, schema:…: what going on needs
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per BatchRun: who drove this file, when, and why it stopped. For people, and for `member`.
CREATE TABLE run (
  id          INTEGER PRIMARY KEY,
  started_at  REAL NOT NULL,
  ended_at    REAL,                 -- NULL: running, or died
  process     TEXT NOT NULL,        -- pid and host, to name in messages
  version     TEXT NOT NULL,
  stop_reason TEXT
) STRICT;

-- The jobs a run added, as ranges of said.seq: a million jobs added in order are a handful of rows.
CREATE TABLE member (
  run       INTEGER NOT NULL REFERENCES run,
  first_seq INTEGER NOT NULL,
  last_seq  INTEGER NOT NULL CHECK (last_seq >= first_seq),
  PRIMARY KEY (run, first_seq)
) STRICT, WITHOUT ROWID;

-- Jobs that may share a provider batch.
CREATE TABLE lane (
  id       INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  model    TEXT NOT NULL,           -- '' where the provider mixes models in a batch
  UNIQUE (provider, model)
) STRICT;

-- What jobs have in common: everything that was said of them but what each says for itself. A million prompts to one model are
-- one row.
CREATE TABLE form (
  id     INTEGER PRIMARY KEY,
  lane   INTEGER NOT NULL REFERENCES lane,
  record BLOB NOT NULL,             -- Job.form_record(): model, parameters, digest of the response_model
  UNIQUE (lane, record)
) STRICT;

-- One AI request in one version of its content: a changed job is a new row under the same job_id, so that what an open batch
-- still answers, and what was paid before, keeps its place. Written once; what becomes of it stands in `standing`.
CREATE TABLE said (
  seq      INTEGER PRIMARY KEY,     -- order of arrival
  key      INTEGER NOT NULL,        -- 64 bits of job_id
  job_id   TEXT NOT NULL,
  digest   BLOB NOT NULL,           -- of what the user gave (identity.py)
  form     INTEGER NOT NULL REFERENCES form,
  ask      BLOB NOT NULL,           -- JSON: its prompt, or an object of prompt and file, or of messages; no file contents
  metadata BLOB                     -- JSON, the user's
) STRICT;

-- The jobs by the key of their id (which decides). No index of `said`, because it is written many jobs at a time (names.py).
CREATE TABLE named (
  key INTEGER NOT NULL,
  seq INTEGER NOT NULL,               -- of said
  PRIMARY KEY (key, seq)
) STRICT, WITHOUT ROWID;

-- Where each job is. Narrow, because it is what changes: answers come in any order, and each page they touch is written again.
-- (States are told apart by CASE: SQLite makes an index of an IN list anew for each row that it checks.)
CREATE TABLE standing (
  job    INTEGER PRIMARY KEY REFERENCES said,
  lane   INTEGER NOT NULL REFERENCES lane,
  run    INTEGER NOT NULL REFERENCES run,     -- the last run that wanted it sent
  state  TEXT NOT NULL,
  batch  INTEGER REFERENCES provider_batch,   -- the open one it is in
  due    REAL NOT NULL DEFAULT 0,   -- not before
  bound  INTEGER,                   -- what one attempt can cost at most, known once it was prepared and passed over
  tries  BLOB,                      -- JSON list of record.Tried: attempts that ended and are to be followed by another
  result INTEGER,                   -- its latest result.id
  CHECK (CASE state
    WHEN 'pending'   THEN batch IS NULL      -- to be sent by `run`; if that is not the present run, kept and not sent
    WHEN 'active'    THEN batch IS NOT NULL  -- in an open provider batch
    WHEN 'succeeded' THEN batch IS NULL AND result IS NOT NULL
    WHEN 'failed'    THEN batch IS NULL AND result IS NOT NULL  -- ended without success; a later run tries again
    WHEN 'lost'      THEN batch IS NULL AND result IS NOT NULL  -- answered, paid, deleted by the provider; sent again only on the user's word
    ELSE 0 END)
) STRICT;
CREATE INDEX standing_pending ON standing (lane, run, due, job) WHERE state = 'pending';

-- A job whole, to look at.
CREATE VIEW job AS
  SELECT s.job AS seq, d.key, d.job_id, d.digest, s.lane, d.form, s.run, s.state, s.batch, s.due, s.bound, s.tries, s.result,
         d.ask, d.metadata
  FROM standing s LEFT JOIN said d ON d.seq = s.job;

-- What one create made, or was about to make. States and moves: provider_batch.py.
CREATE TABLE provider_batch (
  id            INTEGER PRIMARY KEY,
  lane          INTEGER NOT NULL REFERENCES lane,
  state         TEXT NOT NULL,
  nonce         TEXT NOT NULL UNIQUE,  -- in every custom_id, and in the provider's mark where there is one
  account       TEXT NOT NULL,         -- salted fingerprint of key and base URL at the intent
  count         INTEGER NOT NULL CHECK (count > 0),
  size          INTEGER NOT NULL CHECK (size >= 0),     -- bytes of the body
  reserved      INTEGER NOT NULL CHECK (reserved >= 0), -- sum of its attempts' bounds
  prepared_at   REAL NOT NULL,
  upload_id     TEXT,
  intended_at   REAL,
  provider_at   REAL,                  -- the same moment by the provider's clock, where it had spoken: ours may be set back
  submitted_at  REAL,
  ended_at      REAL,
  rested_at     REAL,
  provider_id   TEXT,
  collect_by    REAL,                  -- when the provider deletes the answers
  cancel_at     REAL,                  -- when we asked it to stop
  looks         INTEGER NOT NULL DEFAULT 0,  -- complete listings that did not show it, while uncertain
  watched       REAL NOT NULL DEFAULT 0,     -- seconds between such looks, by the clock that never jumps; a dead process adds none
  settled_segment INTEGER NOT NULL DEFAULT 0,  -- segments up to here are settled
  verdict       TEXT CHECK (verdict IS NULL OR verdict IN ('failed', 'overflow', 'expired', 'cancelled', 'gone')),  -- why it has no answers
  note          TEXT,                  -- the provider's words, where it said something
  CHECK (CASE state
    WHEN 'prepared'   THEN 1
    WHEN 'submitting' THEN intended_at IS NOT NULL
    WHEN 'uncertain'  THEN intended_at IS NOT NULL
    WHEN 'submitted'  THEN intended_at IS NOT NULL AND provider_id IS NOT NULL
    WHEN 'ended'      THEN intended_at IS NOT NULL AND provider_id IS NOT NULL
    WHEN 'collected'  THEN intended_at IS NOT NULL AND provider_id IS NOT NULL
    WHEN 'settled'    THEN intended_at IS NOT NULL
    WHEN 'void'       THEN 1
    ELSE 0 END)
) STRICT;
CREATE INDEX provider_batch_open ON provider_batch (id) WHERE state NOT IN ('settled', 'void');
CREATE UNIQUE INDEX provider_batch_provider_id ON provider_batch (lane, provider_id) WHERE provider_id IS NOT NULL;

-- The attempts of a provider batch, as they were packed: one try of one job each. Columns of numbers as JSON lists; the place in
-- them is the index in a custom_id, nonce-index.
CREATE TABLE packed (
  batch  INTEGER PRIMARY KEY REFERENCES provider_batch,
  jobs   TEXT NOT NULL,
  bounds TEXT NOT NULL,
  forms  TEXT NOT NULL                 -- negative where the end of an attempt needs more of its job than the form says
) STRICT;

-- How attempts ended, as many as were settled together: their indexes, outcomes and costs as JSON lists. Append-only.
CREATE TABLE ended (
  id       INTEGER PRIMARY KEY,
  batch    INTEGER NOT NULL REFERENCES provider_batch,
  released INTEGER NOT NULL CHECK (released >= 0),  -- the sum of their bounds
  indexes  TEXT NOT NULL,
  outcomes TEXT NOT NULL,
  costs    TEXT NOT NULL
) STRICT;
CREATE INDEX ended_batch ON ended (batch);

-- An attempt whole, to look at; without outcome and cost: open.
CREATE VIEW attempt AS
  WITH
    job   AS MATERIALIZED (SELECT batch, key AS idx, value FROM packed, json_each(jobs)),
    bound AS MATERIALIZED (SELECT batch, key AS idx, value FROM packed, json_each(bounds)),
    place   AS MATERIALIZED (SELECT ended.id, batch, key, value AS idx FROM ended, json_each(indexes)),
    outcome AS MATERIALIZED (SELECT ended.id, key, value FROM ended, json_each(outcomes)),
    cost    AS MATERIALIZED (SELECT ended.id, key, value FROM ended, json_each(costs))
  SELECT job.batch, job.idx, job.value AS job, bound.value AS bound, outcome.value AS outcome, cost.value AS cost
  FROM job JOIN bound USING (batch, idx)
  LEFT JOIN place USING (batch, idx) LEFT JOIN outcome USING (id, key) LEFT JOIN cost USING (id, key);

-- Raw answers, as they came, before they are parsed: whole result lines, many to a row.
CREATE TABLE segment (
  id    INTEGER PRIMARY KEY,
  batch INTEGER NOT NULL REFERENCES provider_batch,
  body  BLOB NOT NULL
) STRICT;
CREATE INDEX segment_batch ON segment (batch, id);

-- How a job ended. Append-only: an earlier end stays when a later run tries again. `id` is the order of settling.
CREATE TABLE result (
  id      INTEGER PRIMARY KEY,
  at      REAL NOT NULL,
  job     INTEGER NOT NULL REFERENCES said,
  outcome TEXT NOT NULL,
  model   TEXT,
  cost    INTEGER NOT NULL CHECK (cost >= 0),
  shape   TEXT,                        -- digest of the response_model, to find the class again
  body    BLOB NOT NULL                -- record.Record as JSON: what is in no other column
) STRICT;

-- Every promise and every payment. Append-only; each row carries the balance after it, so the balance is one look-up
-- and can be checked against the sum.
CREATE TABLE ledger (
  id       INTEGER PRIMARY KEY,
  at       REAL NOT NULL,
  batch    INTEGER NOT NULL REFERENCES provider_batch,
  kind     TEXT NOT NULL CHECK (kind IN (
             'reserve',                -- before anything is sent: the bound of every attempt
             'release',                -- by knowledge only: results, or proof that nothing was made
             'spend',                  -- what the provider billed
             'assumed')),              -- the bound, booked where knowledge cannot come; counts as spent
  amount   INTEGER NOT NULL CHECK (amount >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  spent    INTEGER NOT NULL CHECK (spent >= 0)
) STRICT;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE ON ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_keeps_all BEFORE DELETE ON ledger BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

-- What happened to provider batches, for people. Append-only.
CREATE TABLE journal (
  id    INTEGER PRIMARY KEY,
  at    REAL NOT NULL,
  batch INTEGER REFERENCES provider_batch,
  event TEXT NOT NULL,                 -- the state it came to, or what was noticed
  note  TEXT
) STRICT;

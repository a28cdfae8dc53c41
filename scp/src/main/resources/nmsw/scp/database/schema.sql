-- One row per series that the node has seen. The spool is the truth; this table can be lost.
CREATE TABLE IF NOT EXISTS series (
  series_uid     VARCHAR(64) PRIMARY KEY,
  state          VARCHAR(16) NOT NULL,
  revision       INTEGER NOT NULL,
  code           VARCHAR(64) NOT NULL,
  cause          VARCHAR(2000) NOT NULL,
  objects        INTEGER NOT NULL,
  calling_ae     VARCHAR(16) NOT NULL,
  called_ae      VARCHAR(16) NOT NULL,
  opened_at      TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  last_object_at TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  changed_at     TIMESTAMP(3) WITH TIME ZONE NOT NULL,
  timings        VARCHAR(1000) NOT NULL
);

-- Not there in databases that are older.
ALTER TABLE series ADD COLUMN IF NOT EXISTS attempts INTEGER DEFAULT 0 NOT NULL;
ALTER TABLE series ADD COLUMN IF NOT EXISTS node VARCHAR(64) DEFAULT '' NOT NULL;

CREATE INDEX IF NOT EXISTS series_by_state ON series (state, changed_at);

-- Series that an operator wants segmented with another model than their rule's.
CREATE TABLE IF NOT EXISTS model_choice (
  series_uid VARCHAR(64) PRIMARY KEY,
  revision   INTEGER NOT NULL,
  model      VARCHAR(64) NOT NULL
);

-- What was left of series that are gone, by versions that kept it.
DELETE FROM model_choice WHERE series_uid NOT IN (SELECT series_uid FROM series);

-- The job queue, as db-scheduler wants it.
CREATE TABLE IF NOT EXISTS scheduled_tasks (
  task_name            VARCHAR(100) NOT NULL,
  task_instance        VARCHAR(100) NOT NULL,
  task_data            BYTEA,
  execution_time       TIMESTAMP WITH TIME ZONE NOT NULL,
  picked               BOOLEAN NOT NULL,
  picked_by            VARCHAR(100),
  last_success         TIMESTAMP WITH TIME ZONE,
  last_failure         TIMESTAMP WITH TIME ZONE,
  consecutive_failures INTEGER,
  last_heartbeat       TIMESTAMP WITH TIME ZONE,
  version              BIGINT NOT NULL,
  priority             SMALLINT,
  PRIMARY KEY (task_name, task_instance)
);

CREATE INDEX IF NOT EXISTS scheduled_tasks_by_time ON scheduled_tasks (execution_time);
CREATE INDEX IF NOT EXISTS scheduled_tasks_by_heartbeat ON scheduled_tasks (last_heartbeat);

-- Which nodes there are, the process that bears the name now, and a number that grows as long as it lives.
CREATE TABLE IF NOT EXISTS nodes (
  name    VARCHAR(64) PRIMARY KEY,
  process VARCHAR(36) NOT NULL,
  beat    BIGINT NOT NULL
);

-- Which nodes objects of a series come to: it is complete when the last of them says so.
CREATE TABLE IF NOT EXISTS receiving (
  series_uid VARCHAR(64) NOT NULL,
  node       VARCHAR(64) NOT NULL,
  PRIMARY KEY (series_uid, node)
);

-- What each result measured, per day: id is a hash of series and model, so that neither a patient nor a UID stands here. Stays
-- when the series goes.
CREATE TABLE IF NOT EXISTS trend_result (
  id         BIGINT PRIMARY KEY,
  model      VARCHAR(64) NOT NULL,
  version    VARCHAR(64) NOT NULL,
  result_day DATE NOT NULL,
  entropy    DOUBLE PRECISION,
  k          INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS trend_result_by_day ON trend_result (model, version, result_day);

-- Says again what the result says, so that a trend is one range of an index.
CREATE TABLE IF NOT EXISTS trend_organ (
  result      BIGINT NOT NULL,
  organ       VARCHAR(64) NOT NULL,
  model       VARCHAR(64) NOT NULL,
  version     VARCHAR(64) NOT NULL,
  result_day  DATE NOT NULL,
  millilitres DOUBLE PRECISION NOT NULL,
  whole       BOOLEAN NOT NULL,
  PRIMARY KEY (result, organ)
);

CREATE INDEX IF NOT EXISTS trend_organ_by_day ON trend_organ (model, version, organ, result_day);

/* The statements of a store: what each verb is in SQL. */
#include "ledger/statements.h"

/* clang-format off */
const char *const statements[STORE_VERBS] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",

	[STORE_JOB_FIND] = "SELECT number FROM job WHERE name = ?1",
	[STORE_JOB] =
		"INSERT INTO job (number, name, schedule, floor) VALUES (?1, ?2, ?3, ?4)"
		" ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule,"
		"  floor = max(floor, excluded.floor), gone = NULL",
	[STORE_JOB_GONE] =
		"UPDATE job SET schedule = NULL, gone = ?2, paused = 0, until = NULL,"
		" pause_reason = NULL WHERE number = ?1",
	[STORE_JOB_STATE] =
		"UPDATE job SET failures = ?2, told = ?3, paused = ?4, until = ?5,"
		" pause_reason = ?6 WHERE number = ?1",
	[STORE_HELD] = "UPDATE job SET held = ?2 WHERE number = ?1",

	/* The intent may have come before. */
	[STORE_ACCEPTED] =
		"INSERT INTO run (id, job, slot, due, state, attempts, accepted, manual)"
		" VALUES (?1, ?2, ?3, ?4, 'accepted', 0, ?5, ?6) ON CONFLICT DO NOTHING",
	[STORE_INTENT] =
		"INSERT INTO run (id, job, slot, due, state, attempts, accepted, manual, started,"
		" life)"
		" VALUES (?1, ?2, ?3, ?4, 'started', ?7, ?5, ?6, ?8, ?9)"
		" ON CONFLICT DO UPDATE SET state = 'started', attempts = excluded.attempts,"
		"  started = excluded.started, life = excluded.life, pid = NULL, start = NULL,"
		"  reason = NULL, queued = NULL, ended = NULL, result = NULL, exit = NULL,"
		"  signal = NULL, stage = NULL, error = NULL, cpu = NULL, memory = NULL,"
		"  printed = NULL, dropped = NULL, leftovers = NULL, next = NULL, failed = NULL"
		" WHERE verdict IS NULL",
	[STORE_PROCESS] =
		"UPDATE run SET state = 'started', attempts = max(attempts, 1), started = ?2,"
		" pid = ?3, start = ?4, life = ?5 WHERE id = ?1 AND verdict IS NULL",
	/* Both the end of an attempt and that of the run. What is known of its process stays, if it
	   is one of a life before this. */
	[STORE_END] =
		"INSERT INTO run (id, job, slot, due, state, verdict, reason, attempts, accepted,"
		" queued, started, ended, result, exit, signal, stage, error, cpu, memory, printed,"
		" dropped, leftovers, pid, life, next, failed, manual)"
		" VALUES (?1, ?2, ?3, ?4, ?7, ?8, ?9, ?10, ?5, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
		"  ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?6)"
		" ON CONFLICT DO UPDATE SET state = excluded.state, verdict = excluded.verdict,"
		"  reason = excluded.reason, attempts = excluded.attempts,"
		"  queued = excluded.queued, started = coalesce(excluded.started, started),"
		"  ended = excluded.ended, result = excluded.result, exit = excluded.exit,"
		"  signal = excluded.signal, stage = excluded.stage, error = excluded.error,"
		"  cpu = excluded.cpu, memory = excluded.memory, printed = excluded.printed,"
		"  dropped = excluded.dropped, leftovers = excluded.leftovers,"
		"  pid = coalesce(excluded.pid, pid), life = coalesce(life, excluded.life),"
		"  next = excluded.next, failed = excluded.failed",
	[STORE_OUTPUT] = "REPLACE INTO output VALUES (?1, ?2, ?3)",
	[STORE_FORGET] = "DELETE FROM run WHERE id = ?1",

	[STORE_STREAK] =
		"INSERT INTO streak VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT DO UPDATE SET count = excluded.count, first = excluded.first,"
		"  last = excluded.last, at = excluded.at",
	[STORE_CLOCK_STEPPED] =
		"INSERT INTO clock_step VALUES (?1, ?2) ON CONFLICT DO UPDATE SET by = excluded.by",

	[STORE_LIFE_FIND] =
		"SELECT id FROM life WHERE started = ?1 AND pid = ?2 AND boot = ?3 ORDER BY id DESC",
	[STORE_LIFE] =
		"INSERT INTO life (started, pid, boot, version) VALUES (?1, ?2, ?3, ?4)",
	[STORE_LIFE_END] = "UPDATE life SET stopped = ?2 WHERE id = ?1",

	/* Pruning. */
	[STORE_SWEEP_RUNS] =
		"SELECT id, job, CASE WHEN manual THEN 0 ELSE slot END, verdict,"
		" coalesce(ended, accepted) FROM run WHERE id > ?1",
	[STORE_SWEEP_STREAKS] = "SELECT id, job, last, 'skipped', at FROM streak WHERE id > ?1",
	[STORE_FOLD_RUN] =
		"UPDATE job SET floor = max(floor, ?2), last_run = coalesce(?3, last_run),"
		" last_verdict = coalesce(?4, last_verdict),"
		" last_ended = coalesce(max(coalesce(last_ended, 0), ?5), last_ended),"
		" last_success = coalesce(max(coalesce(last_success, 0), ?6), last_success)"
		" WHERE number = ?1",
	[STORE_FOLD_STREAK] = "UPDATE job SET floor = max(floor, ?2) WHERE number = ?1",
	[STORE_HIGHEST] = "UPDATE highest SET number = max(number, ?2) WHERE kind = ?1",
	[STORE_HIGHEST_JOB] =
		"UPDATE highest SET number = (SELECT max(number) FROM job) WHERE kind = 'job'"
		" AND number < (SELECT max(number) FROM job)",
	[STORE_DROP_RUN] = "DELETE FROM run WHERE id = ?1",
	[STORE_DROP_OUTPUT] = "DELETE FROM output WHERE run = ?1",
	[STORE_DROP_STREAK] = "DELETE FROM streak WHERE id = ?1",
	[STORE_DROP_JOBS] =
		"DELETE FROM job WHERE number IN (SELECT number FROM job WHERE gone < ?1"
		" AND NOT EXISTS (SELECT 1 FROM run WHERE run.job = number)"
		" AND NOT EXISTS (SELECT 1 FROM streak WHERE streak.job = number) LIMIT 100)",
	[STORE_DROP_STEPS] =
		"DELETE FROM clock_step WHERE at <= (SELECT at FROM clock_step"
		" ORDER BY at DESC LIMIT 1 OFFSET ?1)",
	[STORE_DROP_LIVES] =
		"DELETE FROM life WHERE id <= (SELECT id FROM life"
		" ORDER BY id DESC LIMIT 1 OFFSET ?1)",
};
/* clang-format on */

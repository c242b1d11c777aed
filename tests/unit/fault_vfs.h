/*
 * A VFS of SQLite between it and the system's, whose calls can be counted, made to fail, and held
 * up. It is the default one of all connections that are opened after fault_vfs_install().
 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum fault_call {
	FAULT_OPEN,
	FAULT_DELETE,
	FAULT_ACCESS,
	FAULT_READ,
	FAULT_WRITE,
	FAULT_TRUNCATE,
	FAULT_SYNC,
	FAULT_SIZE,
	FAULT_LOCK,
	FAULT_SHM_MAP,
	FAULT_SHM_LOCK,
	FAULT_CALLS,
};

/* What they fail with. Of those that write the first half is done. */
static const int fault_codes[FAULT_CALLS] = {
	[FAULT_OPEN] = SQLITE_CANTOPEN,
	[FAULT_DELETE] = SQLITE_IOERR_DELETE,
	[FAULT_ACCESS] = SQLITE_IOERR_ACCESS,
	[FAULT_READ] = SQLITE_IOERR_READ,
	[FAULT_WRITE] = SQLITE_FULL,
	[FAULT_TRUNCATE] = SQLITE_IOERR_TRUNCATE,
	[FAULT_SYNC] = SQLITE_IOERR_FSYNC,
	[FAULT_SIZE] = SQLITE_IOERR_FSTAT,
	[FAULT_LOCK] = SQLITE_IOERR_LOCK,
	[FAULT_SHM_MAP] = SQLITE_IOERR_SHMMAP,
	[FAULT_SHM_LOCK] = SQLITE_IOERR_SHMLOCK,
};

static struct fault_vfs {
	sqlite3_vfs *below;
	atomic_long made;              /* calls since fault_vfs_arm() */
	atomic_long each[FAULT_CALLS]; /* of these */
	atomic_long wal_syncs;         /* of these, of files whose name ends with -wal */
	atomic_long at;                /* the call that fails; 0: none */
	atomic_bool on;                /* and all that follow */
	atomic_int write_code;         /* what writes fail with; 0: as above */
	atomic_int open_files;
	/* Holding up xSync. */
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool hold;
	int held; /* threads that are */
} fault_vfs = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

struct fault_file {
	sqlite3_file base;
	bool wal;
	sqlite3_file *below;
};

/* The n-th call from now on fails, and with `on` all after it; 0: none does. */
static inline void fault_vfs_arm(long n, bool on, int write_code)
{
	fault_vfs.at = 0;
	fault_vfs.made = 0;
	for (int i = 0; i < FAULT_CALLS; i++)
		fault_vfs.each[i] = 0;
	fault_vfs.wal_syncs = 0;
	fault_vfs.on = on;
	fault_vfs.write_code = write_code;
	fault_vfs.at = n;
}

/* Is this call to fail? */
static inline bool fault_hits(enum fault_call call)
{
	long n = ++fault_vfs.made;
	long at = fault_vfs.at;

	fault_vfs.each[call]++;
	return at > 0 && (n == at || (fault_vfs.on && n > at));
}

static inline void fault_vfs_hold(bool hold)
{
	pthread_mutex_lock(&fault_vfs.lock);
	fault_vfs.hold = hold;
	pthread_cond_broadcast(&fault_vfs.change);
	pthread_mutex_unlock(&fault_vfs.lock);
}

#define BELOW(opened) (((struct fault_file *)(opened))->below)

static inline int fault_close(sqlite3_file *opened)
{
	int rc = BELOW(opened)->pMethods->xClose(BELOW(opened));

	fault_vfs.open_files--;
	free(BELOW(opened));
	return rc;
}

static inline int fault_read(sqlite3_file *opened, void *to, int n, sqlite3_int64 at)
{
	return fault_hits(FAULT_READ) ? fault_codes[FAULT_READ]
				      : BELOW(opened)->pMethods->xRead(BELOW(opened), to, n, at);
}

static inline int fault_write(sqlite3_file *opened, const void *from, int n, sqlite3_int64 at)
{
	if (!fault_hits(FAULT_WRITE))
		return BELOW(opened)->pMethods->xWrite(BELOW(opened), from, n, at);
	if (n > 1)
		(void)BELOW(opened)->pMethods->xWrite(BELOW(opened), from, n / 2, at);
	return fault_vfs.write_code ? fault_vfs.write_code : fault_codes[FAULT_WRITE];
}

static inline int fault_truncate(sqlite3_file *opened, sqlite3_int64 size)
{
	return fault_hits(FAULT_TRUNCATE) ? fault_codes[FAULT_TRUNCATE]
					  : BELOW(opened)->pMethods->xTruncate(BELOW(opened), size);
}

/* The disk itself is not waited for: what a power cut does is not what is tested with this. */
static inline int fault_sync(sqlite3_file *opened, int flags)
{
	(void)flags;
	if (((struct fault_file *)opened)->wal)
		fault_vfs.wal_syncs++;
	if (fault_hits(FAULT_SYNC))
		return fault_codes[FAULT_SYNC];
	pthread_mutex_lock(&fault_vfs.lock);
	fault_vfs.held++;
	pthread_cond_broadcast(&fault_vfs.change);
	while (fault_vfs.hold)
		pthread_cond_wait(&fault_vfs.change, &fault_vfs.lock);
	fault_vfs.held--;
	pthread_mutex_unlock(&fault_vfs.lock);
	return SQLITE_OK;
}

static inline int fault_size(sqlite3_file *opened, sqlite3_int64 *ret_size)
{
	return fault_hits(FAULT_SIZE) ? fault_codes[FAULT_SIZE]
				      : BELOW(opened)->pMethods->xFileSize(BELOW(opened), ret_size);
}

static inline int fault_lock(sqlite3_file *opened, int level)
{
	return fault_hits(FAULT_LOCK) ? fault_codes[FAULT_LOCK]
				      : BELOW(opened)->pMethods->xLock(BELOW(opened), level);
}

static inline int fault_unlock(sqlite3_file *opened, int level)
{
	return BELOW(opened)->pMethods->xUnlock(BELOW(opened), level);
}

static inline int fault_reserved(sqlite3_file *opened, int *ret_locked)
{
	return BELOW(opened)->pMethods->xCheckReservedLock(BELOW(opened), ret_locked);
}

static inline int fault_control(sqlite3_file *opened, int op, void *arg)
{
	return BELOW(opened)->pMethods->xFileControl(BELOW(opened), op, arg);
}

static inline int fault_sector(sqlite3_file *opened)
{
	return BELOW(opened)->pMethods->xSectorSize(BELOW(opened));
}

static inline int fault_device(sqlite3_file *opened)
{
	return BELOW(opened)->pMethods->xDeviceCharacteristics(BELOW(opened));
}

static inline int fault_shm_map(sqlite3_file *opened, int page, int size, int extend,
				void volatile **ret_map)
{
	return fault_hits(FAULT_SHM_MAP) ? fault_codes[FAULT_SHM_MAP]
					 : BELOW(opened)->pMethods->xShmMap(BELOW(opened), page,
									    size, extend, ret_map);
}

/* Unlocking does not fail, by SQLite's leave. */
static inline int fault_shm_lock(sqlite3_file *opened, int offset, int n, int flags)
{
	return (flags & SQLITE_SHM_LOCK) && fault_hits(FAULT_SHM_LOCK)
		       ? fault_codes[FAULT_SHM_LOCK]
		       : BELOW(opened)->pMethods->xShmLock(BELOW(opened), offset, n, flags);
}

static inline void fault_shm_barrier(sqlite3_file *opened)
{
	BELOW(opened)->pMethods->xShmBarrier(BELOW(opened));
}

static inline int fault_shm_unmap(sqlite3_file *opened, int delete)
{
	return BELOW(opened)->pMethods->xShmUnmap(BELOW(opened), delete);
}

static inline int fault_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *opened,
			     int flags, int *ret_flags)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 2,
		.xClose = fault_close,
		.xRead = fault_read,
		.xWrite = fault_write,
		.xTruncate = fault_truncate,
		.xSync = fault_sync,
		.xFileSize = fault_size,
		.xLock = fault_lock,
		.xUnlock = fault_unlock,
		.xCheckReservedLock = fault_reserved,
		.xFileControl = fault_control,
		.xSectorSize = fault_sector,
		.xDeviceCharacteristics = fault_device,
		.xShmMap = fault_shm_map,
		.xShmLock = fault_shm_lock,
		.xShmBarrier = fault_shm_barrier,
		.xShmUnmap = fault_shm_unmap,
	};
	struct fault_file *f = (struct fault_file *)opened;
	size_t len = name ? strlen(name) : 0;
	int rc;

	(void)vfs;
	*f = (struct fault_file){.wal = len > 4 && strcmp(name + len - 4, "-wal") == 0};
	if (fault_hits(FAULT_OPEN))
		return fault_codes[FAULT_OPEN];
	f->below = calloc(1, (size_t)fault_vfs.below->szOsFile);
	if (!f->below)
		return SQLITE_NOMEM;
	rc = fault_vfs.below->xOpen(fault_vfs.below, name, f->below, flags, ret_flags);
	if (rc != SQLITE_OK || !f->below->pMethods) {
		free(f->below);
		return rc;
	}
	fault_vfs.open_files++;
	f->base.pMethods = &methods;
	return SQLITE_OK;
}

static inline int fault_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	return fault_hits(FAULT_DELETE) ? fault_codes[FAULT_DELETE]
					: fault_vfs.below->xDelete(fault_vfs.below, name, sync);
}

static inline int fault_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_result)
{
	(void)vfs;
	return fault_hits(FAULT_ACCESS)
		       ? fault_codes[FAULT_ACCESS]
		       : fault_vfs.below->xAccess(fault_vfs.below, name, flags, ret_result);
}

/* Once. */
static inline void fault_vfs_install(void)
{
	static sqlite3_vfs vfs;

	fault_vfs.below = sqlite3_vfs_find(NULL);
	vfs = *fault_vfs.below;
	vfs.pNext = NULL;
	vfs.zName = "fault";
	vfs.szOsFile = (int)sizeof(struct fault_file);
	vfs.xOpen = fault_open;
	vfs.xDelete = fault_delete;
	vfs.xAccess = fault_access;
	(void)sqlite3_vfs_register(&vfs, 1);
}

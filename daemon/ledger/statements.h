/* The statements of a store: what each verb is in SQL. */
#pragma once

#include "ledger/store.h"

extern const char *const statements[STORE_VERBS];

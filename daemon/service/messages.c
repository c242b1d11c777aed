/* See messages.h. */
#include "service/messages.h"

static const struct message_info messages[LOG_MESSAGE_COUNT] = {
	[LOG_MESSAGE_STARTED] = {"started", "f49c29d057114a65976c811901105664"},
	[LOG_MESSAGE_STOPPING] = {"stopping", "8a832380847d4857af64c92329e84145"},
	[LOG_MESSAGE_STOPPED] = {"stopped", "dd8fac8733044528afe0ede04f8831b6"},
	[LOG_MESSAGE_RELOADED] = {"reloaded", "38f5d58d4bd940feae08ea89b736b8d8"},
	[LOG_MESSAGE_RELOAD_FAILED] = {"reload-failed", "abc7c51724ca4f18a691c15d87af2b76"},
	[LOG_MESSAGE_RUN_ENDED] = {"run-ended", "2d198eabb0514fd0915f519a9d7537ec"},
	[LOG_MESSAGE_RUN_FAILED] = {"run-failed", "6f26777e73104b8a909403d4d90e8efc"},
	[LOG_MESSAGE_RUN_TIMEOUT] = {"run-timeout", "1e6924839be44c3d9144afb625b70e4d"},
	[LOG_MESSAGE_RUN_KILLED] = {"run-killed", "59e107d3c468492fb06c579eff42a1f2"},
	[LOG_MESSAGE_RUN_LOST] = {"run-lost", "44759a1969ec42e38879964d42543843"},
	[LOG_MESSAGE_RUN_RETRY] = {"run-retry", "3ca4f25323e0439bac2f202ced9714ac"},
	[LOG_MESSAGE_RUN_ADOPTED] = {"run-adopted", "9ce3a7a7b50d4af0af5b340259ef36dd"},
	[LOG_MESSAGE_NOT_RUN] = {"not-run", "7941b07835a34361a3ba9f128cbb071c"},
	[LOG_MESSAGE_OVERDUE] = {"overdue", "2d08b870725f42af9a5edc3d007218bc"},
	[LOG_MESSAGE_UNTOLD] = {"untold", "007c4198153a45d3b7786c89440f3b3c"},
	[LOG_MESSAGE_PAUSED] = {"paused", "fef93c5548414dff95fb94b085c8daf7"},
	[LOG_MESSAGE_RESUMED] = {"resumed", "f3d03b4e5dd04d839b76c7f6088c6719"},
	[LOG_MESSAGE_BY_HAND] = {"by-hand", "9a869ac86db54d32ad160cfd358db611"},
	[LOG_MESSAGE_QUEUE_FULL] = {"queue-full", "9bf663c2e4a3476894d3e761c662c0d7"},
	[LOG_MESSAGE_QUEUE_ROOM] = {"queue-room", "a957a916b609424bb537b9e65369eb65"},
	[LOG_MESSAGE_WORKERS_HANG] = {"workers-hang", "0069040f256040338e56623609fefb7d"},
	[LOG_MESSAGE_LEDGER_TROUBLE] = {"ledger-trouble", "caf05c37886447edaa802c4e3efffd72"},
	[LOG_MESSAGE_LEDGER_WELL] = {"ledger-well", "a056fb62675e4545a8b1d0f96f8d7d7a"},
	[LOG_MESSAGE_LEDGER_ASIDE] = {"ledger-aside", "5523d679f8554f59bac0b0478505f62a"},
	[LOG_MESSAGE_LEDGER_LOST] = {"ledger-lost", "bb44cd95ab454477bc0bc7a5e194c8c1"},
	[LOG_MESSAGE_SECOND_DAEMON] = {"second-daemon", "7d20c8b7e6df4db5b5142443f4d460a4"},
	[LOG_MESSAGE_CLOCK_SET] = {"clock-set", "e91a0961b06941ae950948377b0ac522"},
	[LOG_MESSAGE_SUSPENDED] = {"suspended", "19dd0d5c3d2a47bab2f9caf5e0138bfa"},
};

const struct message_info *message_info(enum log_message message)
{
	return &messages[message];
}

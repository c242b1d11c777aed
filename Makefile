# everyd: `make run` shows it, `make check` tests it, `make install` installs it.
# Everything that is built goes to $(BUILD); `make clean` removes it.

BUILD       ?= build
DESTDIR     ?=
PREFIX      ?= /usr/local
SYSCONFDIR  ?= /etc
VERSION     := 0.1.0

CC          ?= cc
CFLAGS      ?= -O2 -g
WERROR      ?=
SANITIZE    ?=
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# --- what the machine must have -----------------------------------------------------------------

BUILD_PACKAGES    := gcc libc6-dev libevent-dev libconfuse-dev libsystemd-dev libsqlite3-dev \
	libjansson-dev libcurl4-openssl-dev
TEST_PACKAGES     := libcmocka-dev bats curl mandoc procps python3 python3-jsonschema \
	python3-prometheus-client sqlite3 tzdata
SANITIZE_PACKAGES := clang libclang-rt-14-dev llvm-14
LINT_PACKAGES     := clang clang-tidy clang-format cppcheck systemd
VALGRIND_PACKAGES := valgrind libc6-dbg

# The goals that fetch, and what each needs beyond the build.
FETCH_run          :=
FETCH_check        := $(TEST_PACKAGES)
FETCH_check-asan   := $(TEST_PACKAGES) $(SANITIZE_PACKAGES)
FETCH_check-tsan   := $(TEST_PACKAGES) $(SANITIZE_PACKAGES)
FETCH_check-memory := $(TEST_PACKAGES) $(VALGRIND_PACKAGES)
FETCH_check-lint   := $(TEST_PACKAGES) $(LINT_PACKAGES)
-include tests/*/packages.mk
FETCHING := $(filter run check check-% bench,$(MAKECMDGOALS))
FETCH    := $(if $(FETCHING),fetch)
PACKAGES := $(BUILD_PACKAGES) $(sort $(foreach goal,$(FETCHING),$(FETCH_$(goal))))

# Installs with apt what is missing, after saying so; does not call apt when all is there.
.PHONY: fetch
fetch:
	@missing=; for p in $(PACKAGES); do \
		[ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || \
			missing="$$missing $$p"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "Installing with apt:$$missing"; \
	as=; if [ "$$(id -u)" != 0 ]; then as=sudo; command -v sudo >/dev/null || { \
		echo "Neither root nor sudo here. As root: apt-get install$$missing" >&2; exit 1; }; fi; \
	$$as apt-get update -q >/dev/null; \
	$$as env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $$missing >/dev/null

# --- build --------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef \
	-Wformat=2 -Wimplicit-fallthrough -Wnull-dereference -Wconversion -Wno-sign-conversion \
	$(if $(WERROR),-Werror)
DEFINES  := -D_GNU_SOURCE -DEVERYD_VERSION='"$(VERSION)"' -DEVERYD_SYSCONFDIR='"$(SYSCONFDIR)"'
SANFLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
ALLFLAGS  = -std=gnu17 $(DEFINES) -Idaemon $(CFLAGS) $(WARNINGS) -fno-common $(SANFLAGS) -MMD -MP \
	-fstack-protector-strong $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2) -fPIE -pthread
LINK      = $(CC) $(SANFLAGS) -pthread -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LIBS     := -levent_core -levent_extra -lconfuse -lsystemd -lsqlite3 -ljansson
CTL_LIBS := $(LIBS) -lcurl

SOURCES  := $(wildcard daemon/*.c daemon/*/*.c)
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o)
MAINS    := $(BUILD)/daemon/main.o $(BUILD)/daemon/ctl/main.o
ROOMS    := $(filter-out $(MAINS),$(OBJECTS))
PROGRAMS := $(BUILD)/everyd $(BUILD)/everyctl

# Short lines; V=1 shows the commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2);)

.PHONY: all
all: $(PROGRAMS)

# Changes when anything that goes into every object does.
$(BUILD)/flags: FORCE | $(FETCH)
	@mkdir -p $(@D); echo '$(CC) $(subst ','\'',$(ALLFLAGS))' | cmp -s - $@ || \
		echo '$(CC) $(subst ','\'',$(ALLFLAGS))' > $@
.PHONY: FORCE
FORCE:

$(BUILD)/%.o: %.c $(BUILD)/flags | $(FETCH)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(ALLFLAGS) -c -o $@ $<

# It has that in it.
$(BUILD)/daemon/control/openapi.o: conf/everyd-openapi.json

$(BUILD)/librooms.a: $(ROOMS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/everyd: $(BUILD)/daemon/main.o $(BUILD)/librooms.a
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/everyctl: $(BUILD)/daemon/ctl/main.o $(BUILD)/librooms.a
	$(call say,LD,$@)$(LINK) -o $@ $^ $(CTL_LIBS)

# The trust check wants a file that only its owner can write, which a checkout need not be.
$(BUILD)/demo.conf: conf/demo.conf
	@mkdir -p $(@D)
	install -m 0644 $< $@

.PHONY: run
run: $(BUILD)/everyd $(BUILD)/demo.conf
	@exec $(BUILD)/everyd -c $(BUILD)/demo.conf

.PHONY: clean
clean:
	rm -rf $(BUILD)

# --- install ------------------------------------------------------------------------------------

BINDIR   := $(PREFIX)/bin
SBINDIR  := $(PREFIX)/sbin
MANDIR   := $(PREFIX)/share/man
DOCDIR   := $(PREFIX)/share/doc/everyd
UNITDIR  := $(PREFIX)/lib/systemd
CATALOGDIR := $(UNITDIR)/catalog
SYSUSERS := $(PREFIX)/lib/sysusers.d
BASHDIR  := $(PREFIX)/share/bash-completion/completions
ZSHDIR   := $(PREFIX)/share/zsh/site-functions
CONFDIR  := $(SYSCONFDIR)/everyd
STATEDIR := /var/lib/everyd
ENABLED  := multi-user.target.wants/everyd.service sockets.target.wants/everyd.socket

INSTALL_DIRS  := $(BINDIR) $(SBINDIR) $(MANDIR)/man1 $(MANDIR)/man5 $(MANDIR)/man8 $(DOCDIR) \
	$(UNITDIR)/system $(UNITDIR)/user $(CATALOGDIR) $(SYSUSERS) $(BASHDIR) $(ZSHDIR) $(CONFDIR)/jobs.d
INSTALL_FILES := $(BINDIR)/everyctl $(SBINDIR)/everyd $(MANDIR)/man1/everyctl.1 \
	$(MANDIR)/man5/everyd.conf.5 $(MANDIR)/man8/everyd.8 $(BASHDIR)/everyctl $(ZSHDIR)/_everyctl \
	$(addprefix $(DOCDIR)/,LICENSE NEWS.md README.md everyd-openapi.json everyd.conf directories) \
	$(UNITDIR)/system/everyd.service $(UNITDIR)/system/everyd.socket \
	$(UNITDIR)/user/everyd.service $(CATALOGDIR)/everyd.catalog \
	$(SYSUSERS)/everyd.conf

# Two files are kept for later: $(DOCDIR)/everyd.conf is the default configuration as it was last
# installed, by which one tells whether that in $(CONFDIR) was edited; and $(DOCDIR)/directories
# names the directories that were not there before.
#
# An edited configuration is left alone; a new default that differs from the last one is put beside
# it as everyd.conf.new.
.PHONY: install
install: $(PROGRAMS)
	@umask 022; mkdir -p '$(DESTDIR)/'; cd '$(DESTDIR)/'; \
	made=$$(LC_ALL=C mkdir -pv $(INSTALL_DIRS:/%=%) | \
		sed -n "s/^mkdir: created directory '\(.*\)'$$/\1/p"); \
	[ -z "$$made" ] || echo "$$made" >> .$(DOCDIR)/directories
	install -m 0755 $(BUILD)/everyd '$(DESTDIR)$(SBINDIR)/'
	install -m 0755 $(BUILD)/everyctl '$(DESTDIR)$(BINDIR)/'
	install -m 0644 man/everyctl.1 '$(DESTDIR)$(MANDIR)/man1/'
	install -m 0644 man/everyd.conf.5 '$(DESTDIR)$(MANDIR)/man5/'
	install -m 0644 man/everyd.8 '$(DESTDIR)$(MANDIR)/man8/'
	install -m 0644 conf/completion/everyctl.bash '$(DESTDIR)$(BASHDIR)/everyctl'
	install -m 0644 conf/completion/_everyctl '$(DESTDIR)$(ZSHDIR)/'
	install -m 0644 LICENSE NEWS.md README.md conf/everyd-openapi.json '$(DESTDIR)$(DOCDIR)/'
	install -m 0644 systemd/everyd.socket '$(DESTDIR)$(UNITDIR)/system/'
	install -m 0644 conf/everyd.catalog '$(DESTDIR)$(CATALOGDIR)/'
	install -m 0644 systemd/everyd.sysusers '$(DESTDIR)$(SYSUSERS)/everyd.conf'
	@[ -n '$(DESTDIR)' ] || ! command -v journalctl >/dev/null || journalctl --update-catalog
	@[ -n '$(DESTDIR)' ] || ! command -v systemd-sysusers >/dev/null || \
		systemd-sysusers '$(SYSUSERS)/everyd.conf'
	@for kind in '' -user; do \
		unit='$(DESTDIR)$(UNITDIR)/'$$([ -n "$$kind" ] && echo user || echo system)/everyd.service; \
		echo "sed systemd/everyd$$kind.service.in > $$unit"; \
		sed 's,@SBINDIR@,$(SBINDIR),g; s,@SYSCONFDIR@,$(SYSCONFDIR),g' \
			systemd/everyd$$kind.service.in > "$$unit"; \
		chmod 0644 "$$unit"; \
	done
	@conf='$(DESTDIR)$(CONFDIR)/everyd.conf'; last='$(DESTDIR)$(DOCDIR)/everyd.conf'; \
	new=conf/everyd.conf; \
	if [ ! -e "$$conf" ] || cmp -s "$$last" "$$conf" || cmp -s $$new "$$conf"; then \
		echo "install -m 0644 $$new $$conf"; \
		install -m 0644 $$new "$$conf"; \
		rm -f "$$conf.new"; \
	elif ! cmp -s "$$last" $$new; then \
		echo "$$conf was edited and stays; the new default is $$conf.new"; \
		install -m 0644 $$new "$$conf.new"; \
	fi; \
	install -m 0644 $$new "$$last"
	@[ -n '$(DESTDIR)' ] || \
		echo 'To start it: systemctl daemon-reload && systemctl enable --now everyd'

# Removes what install put there, and the directories it made, unless they hold something else by
# now. The configuration goes only if it is as it was installed, the ledger only with PURGE=1.
.PHONY: uninstall
uninstall:
	@for link in $(ENABLED); do \
		[ ! -L '$(DESTDIR)/etc/systemd/system/'$$link ] || { unit=$${link##*/}; \
			echo "$$unit is enabled. First: systemctl disable --now $$unit" >&2; exit 1; }; \
	done
	@cd '$(DESTDIR)/'; conf=.$(CONFDIR)/everyd.conf; \
	dirs=$$(tac .$(DOCDIR)/directories 2>/dev/null || true); \
	if cmp -s .$(DOCDIR)/everyd.conf $$conf; then rm -f $$conf; fi; \
	rm -f $$conf.new $(INSTALL_FILES:%=.%); \
	[ -n '$(DESTDIR)' ] || ! command -v journalctl >/dev/null || journalctl --update-catalog; \
	state=.$(STATEDIR); \
	[ '$(PURGE)' != 1 ] || rm -f $$state/ledger.db{,-wal,-shm,-journal,.broken-*}; \
	if ls $$state/ledger.db* >/dev/null 2>&1; then \
		echo '$(DESTDIR)$(STATEDIR) has the ledger and stays; PURGE=1 removes it'; \
	else \
		rm -f $$state/ledger.begun $$state/everyd.lock; \
	fi; \
	for dir in $$dirs $$state; do \
		[ ! -d $$dir ] || [ -L $$dir ] || rmdir --ignore-fail-on-non-empty $$dir; \
	done; \
	[ -z "$$(find .$(CONFDIR) ! -type d 2>/dev/null)" ] || \
		echo '$(DESTDIR)$(CONFDIR) has files of your own and stays'

# --- tests --------------------------------------------------------------------------------------

UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
SIM      := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/sim/*.c))
HELPERS  := $(patsubst tests/system/helpers/%.c,$(BUILD)/helpers/%,$(wildcard tests/system/helpers/*.c))

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/librooms.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(LINK) -o $@ $^ -lcmocka $(CTL_LIBS)

$(BUILD)/sim: $(SIM) $(BUILD)/librooms.a
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBS)

# What the system tests run as jobs: small programs, linked plainly whatever the daemon is built with.
$(BUILD)/helpers/%: tests/system/helpers/%.c | $(FETCH)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $<

.PHONY: tests check check-unit check-sim check-system
tests: $(UNIT) $(if $(SIM),$(BUILD)/sim) $(HELPERS) $(PROGRAMS)

check: tests
	@BUILD=$(BUILD) tests/run unit sim structure zones system

check-unit check-sim check-structure check-system: check-%: tests
	@BUILD=$(BUILD) tests/run $*

.PHONY: check-asan check-tsan check-memory check-lint
check-asan: | fetch
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CC=clang SANITIZE=address,undefined tests
	@BUILD=$(BUILD)/asan tests/run unit sim zones system

check-tsan: | fetch
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan CC=clang SANITIZE=thread tests
	@BUILD=$(BUILD)/tsan tests/run unit sim system

check-memory: tests
	@BUILD=$(BUILD) tests/run memory

check-lint: $(PROGRAMS)
	@BUILD=$(BUILD) tests/run lint

-include tests/*/targets.mk
-include $(OBJECTS:.o=.d) $(SIM:.o=.d) $(UNIT:$(BUILD)/unit/%=$(BUILD)/tests/unit/%.d)

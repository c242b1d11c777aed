# make check-fuzz: what parses foreign bytes is fed inputs that libFuzzer makes up, each target for
# FUZZ_TIME seconds, beginning with those kept in tests/fuzz/corpus and tests/fuzz/regressions. An
# input that breaks one is left in $(BUILD)/fuzz/artifacts; once mended it belongs to the regressions.
# What a long run has found is kept by
#	build/fuzz/TARGET -merge=1 tests/fuzz/corpus/TARGET build/fuzz/corpus/TARGET
FUZZ_TIME  ?= 15
FUZZERS    := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))
FUZZ_ROOMS := $(filter $(foreach room,base calendar core config control ledger service, \
	$(BUILD)/daemon/$(room)/%) $(foreach part,anacrontab crontab import jobname quote root runparts, \
	$(BUILD)/daemon/ctl/$(part)%),$(ROOMS))

.PHONY: check-fuzz fuzzers
check-fuzz: | fetch
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang \
		SANITIZE=fuzzer-no-link,address,undefined fuzzers
	@BUILD=$(BUILD) FUZZ_TIME=$(FUZZ_TIME) tests/run fuzz

# For a build of its own, as above.
fuzzers: $(FUZZERS)

$(BUILD)/fuzzed.a: $(FUZZ_ROOMS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(FUZZERS): $(BUILD)/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/fuzzed.a
	$(call say,LD,$@)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

-include $(FUZZERS:$(BUILD)/%=$(BUILD)/tests/fuzz/%.d)

# make bench: measures the daemon that was built against bare loops, in five minutes, or with QUICK=1
# in one. Prints a table; the same goes to $(BUILD)/bench.json. No figure makes it fail.
BENCH_PROGRAMS := $(BUILD)/bench/tick $(BUILD)/bench/bare $(BUILD)/bench/walk
QUICK          ?=

# Without the C library, whose start takes longer than the program.
$(BUILD)/bench/tick: tests/bench/tick.c | $(FETCH)
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARNINGS) -ffreestanding -fno-stack-protector -fno-pie \
		-static -nostdlib -o $@ $<

$(BUILD)/bench/bare: tests/bench/bare.c | $(FETCH)
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE -O2 $(WARNINGS) -pthread -o $@ $<

$(BUILD)/bench/walk: $(BUILD)/tests/bench/walk.o $(BUILD)/librooms.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBS)

.PHONY: bench
bench: $(BUILD)/everyd $(BUILD)/everyctl $(BENCH_PROGRAMS)
	@BUILD=$(BUILD) tests/bench/run $(if $(QUICK),--quick)
-include $(BUILD)/tests/bench/walk.d

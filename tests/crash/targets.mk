# make check-crash: kills everyd at random moments, three hundred times, and compares the ledger with
# what the jobs themselves noted. Takes a minute and a half. tests/crash/run --lives N --seed S.
$(BUILD)/crash/work: tests/crash/work.c | $(FETCH)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -static -o $@ $<

.PHONY: check-crash
check-crash: $(BUILD)/everyd $(BUILD)/crash/work
	@BUILD=$(BUILD) tests/run crash

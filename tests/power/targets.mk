# make check-power: the power of a machine of its own, emulated, fails fifteen times while everyd
# runs jobs; compares the ledger with what the jobs themselves noted. Needs no root; takes two
# minutes, and downloads a kernel the first time.
.PHONY: check-power
check-power: $(BUILD)/everyd $(BUILD)/crash/work
	@BUILD=$(BUILD) tests/run power

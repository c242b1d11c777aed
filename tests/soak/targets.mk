# make check-soak: a million runs, and nothing that grows with them. RUNS=N for more or fewer.
.PHONY: check-soak
check-soak: $(BUILD)/everyd $(BUILD)/bench/tick
	@BUILD=$(BUILD) tests/run soak

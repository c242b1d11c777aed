# make check-vm: everyd on a machine of its own, emulated, whose clock is really set and whose jobs
# run out of memory. Needs no root; takes a minute, and downloads a kernel the first time.
.PHONY: check-vm
check-vm: $(BUILD)/everyd
	@BUILD=$(BUILD) tests/run vm

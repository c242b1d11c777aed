# make check-install: installs into a Debian of its own, boots it, and sees everyd live there. As
# root; takes a minute, and half a minute more the first time, when $(BUILD)/rootfs is made.
.PHONY: check-install
check-install: $(PROGRAMS)
	@BUILD=$(BUILD) tests/run install

# make check-cron: the slots of cron expressions against a scan of each second, at millions of
# instants, and against systemd-analyze, where that is installed. Takes four minutes; TRIPLES=N for
# more or fewer instants.
$(BUILD)/cron/slots: $(BUILD)/tests/cron/slots.o $(BUILD)/librooms.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBS)

.PHONY: check-cron
check-cron: $(BUILD)/unit/test_cron_scan $(BUILD)/cron/slots
	@BUILD=$(BUILD) tests/run cron
-include $(BUILD)/tests/cron/slots.d

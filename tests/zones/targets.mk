# make check-zones: local time in every zone of tzdata, as Python's zoneinfo has it. A part of
# `make check`.
$(BUILD)/zones/segments: $(BUILD)/tests/zones/segments.o $(BUILD)/librooms.a
	@mkdir -p $(@D)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBS)

tests: $(BUILD)/zones/segments

.PHONY: check-zones
check-zones: $(BUILD)/zones/segments
	@BUILD=$(BUILD) tests/run zones
-include $(BUILD)/tests/zones/segments.d

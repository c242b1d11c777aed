# What tests/soak needs beyond the build.
FETCH_check-soak := $(TEST_PACKAGES) python3

# What `make check-zones` needs beyond the build.
FETCH_check-zones := $(TEST_PACKAGES)

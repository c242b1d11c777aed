# What `make check-fuzz` needs beyond the build.
FETCH_check-fuzz := $(SANITIZE_PACKAGES)

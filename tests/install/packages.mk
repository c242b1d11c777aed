# What `make check-install` needs beyond the build.
FETCH_check-install := $(TEST_PACKAGES) debootstrap systemd-container

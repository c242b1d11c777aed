# What `make check-cron` needs beyond the build.
FETCH_check-cron := $(TEST_PACKAGES) python3 systemd tzdata

# What `make check-crash` needs beyond the build.
FETCH_check-crash := python3

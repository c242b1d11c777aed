# What `make bench` needs beyond the build. Other crons are measured where they are installed already:
# fetching one would start it.
FETCH_bench := python3

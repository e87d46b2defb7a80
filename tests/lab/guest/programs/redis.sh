#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A redis with so many MiB, which saves them by a fork while they are written
# over: redis.sh MIB
set -eu

port=/run/lab-redis
keys=$(($1 * 100))		# of 10000 bytes

ask() {
	redis-cli -s "$port" "$@"
}

write_all() {
	redis-benchmark -s "$port" -q -P 8 -c 4 -t set -d 10000 -r "$keys" \
		-n "$keys" >/dev/null
}

redis-server --port 0 --unixsocket "$port" --save "" --dir /var >/dev/null &
server=$!
until ask ping >/dev/null 2>&1; do
	sleep 0.2
done
write_all
write_all
ask bgsave
write_all
while ask info persistence | grep -q rdb_bgsave_in_progress:1; do
	sleep 0.2
done
ask info persistence | grep rdb_last_bgsave_status:ok
sleep 3
ask shutdown nosave || true
wait "$server"
rm -f /var/dump.rdb

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A redis with so many MiB, which saves them by a fork while each value is written
# to: redis.sh MIB
set -eu

port=/run/lab-redis
keys=$(($1 * 100))		# of 10000 bytes
WRITE="for i = 0, $keys - 1 do
	for at = 0, 9999, 4096 do
		redis.call('setrange', 'key:' .. i, at, 'x')
	end
end"

ask() {
	redis-cli -s "$port" "$@"
}

redis-server --port 0 --unixsocket "$port" --save "" --dir /var \
	--enable-debug-command yes --busy-reply-threshold 600000 >/dev/null &
server=$!
until ask ping >/dev/null 2>&1; do
	sleep 0.5
done
ask debug populate "$keys" key 10000
ask bgsave
ask eval "$WRITE" 0
while ask info persistence | grep -q rdb_bgsave_in_progress:1; do
	sleep 0.5
done
ask info persistence | grep rdb_last_bgsave_status:ok
sleep 3
ask shutdown nosave || true
wait "$server"
rm -f /var/dump.rdb

// SPDX-License-Identifier: GPL-2.0-only
// A heap of V8's that grows to so many MiB, at so many MiB a second (0: as fast as
// it can), and is held for some seconds: heap.js MIB RATE HOLD
"use strict";

const [mib, rate, hold] = process.argv.slice(2).map(Number);
const began = Date.now();
const kept = [];

function due() {
	return rate ? Math.floor((Date.now() - began) / 1000 * rate) : mib;
}

function grow() {
	const until = Math.min(mib, due(), kept.length + 16);

	// 2^17 small integers of eight bytes are a MiB.
	while (kept.length < until)
		kept.push(new Array(1 << 17).fill(kept.length));
	if (kept.length < mib)
		setTimeout(grow, rate ? 10 : 0);
	else
		setTimeout(verify, hold * 1000);
}

function verify() {
	const bad = kept.filter((part, at) => part[0] !== at ||
				part[part.length - 1] !== at).length;

	console.log(`${kept.length} MiB, ${bad} of them bad`);
	process.exitCode = bad ? 1 : 0;
}

grow();

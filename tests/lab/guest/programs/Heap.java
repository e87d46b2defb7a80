// SPDX-License-Identifier: GPL-2.0-only
import java.util.ArrayList;
import java.util.List;

/** A Java heap that grows to so many MiB and is held: Heap MIB SECONDS */
public final class Heap {
	private static final int MIB = 1 << 20;

	public static void main(String[] words) throws InterruptedException {
		int mib = Integer.parseInt(words[0]), bad = 0;
		List<byte[]> kept = new ArrayList<>();

		for (int i = 0; i < mib; i++) {
			byte[] part = new byte[MIB];

			part[0] = part[MIB - 1] = (byte) i;
			kept.add(part);
		}
		Thread.sleep(Integer.parseInt(words[1]) * 1000L);
		for (int i = 0; i < mib; i++)
			if (kept.get(i)[0] != (byte) i || kept.get(i)[MIB - 1] != (byte) i)
				bad++;
		System.out.println(mib + " MiB, " + bad + " of them bad");
		System.exit(bad > 0 ? 1 : 0);
	}
}

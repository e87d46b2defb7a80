/* SPDX-License-Identifier: GPL-2.0-only */
/* What looks at memory cost: see looks.c. */
#ifndef _HVB_LAB_LOOKS_H
#define _HVB_LAB_LOOKS_H

void looks_measure(void);

#endif
